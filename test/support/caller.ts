/** Who runs sandbox-run. */
export interface Caller {
  /** For the sentence of a test: "as …". */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Of nobody: no entry of any user database has it, and no file of the machine belongs to it. */
const MADE_UP_ID = 54_321;

const OWN_UID = process.getuid?.() ?? -1;
const OWN_GID = process.getgid?.() ?? -1;

/** The callers that the suite can be: root also stands in for an ordinary user, an ordinary user only for themself. */
export const CALLERS: readonly Caller[] =
  OWN_UID === 0
    ? [
        { name: 'root', uid: 0, gid: 0 },
        { name: 'an ordinary user', uid: MADE_UP_ID, gid: MADE_UP_ID },
      ]
    : [{ name: 'an ordinary user', uid: OWN_UID, gid: OWN_GID }];
