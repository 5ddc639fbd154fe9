/** What is made before the wall is closed, see wall.sh; nothing of it can be written behind it. */
export interface DifferentialStage {
  readonly probe: string;
  /** cordon's own launcher, where every user can execute it. */
  readonly launcher: string;
}

/** Behind the wall, where plans run. */
export const WORK = '/plans';

/** Behind the wall, and only there. */
export const WALL_MARK = '/.wall';
