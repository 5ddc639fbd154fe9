import { expect, test } from 'vitest';
import { type LauncherStage, describeLauncher } from '../../support/launcher-stage.js';

/** An outer sandbox whose command is root there, with all that a root may do but what is taken. */
const ROOT_INSIDE = ['--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'];

/** What random plans showed to differ from bubblewrap (test/properties/launcher-differential.test.ts). */
describeLauncher('The launcher does as bubblewrap does', ['sanitized', 'for old kernels'], (stage) => {
  const nested = (outer: readonly string[], inner: string): Promise<string> =>
    stage.shell(
      ['--unshare-pid', '--proc', '/proc', ...outer],
      `exec ${stage.launcher} --ro-bind / / ${inner}`,
    );

  test('where --unshare-user-try finds no user namespace, and so does not begin', async () => {
    const outer = [...ROOT_INSIDE, '--disable-userns'];
    expect(await nested(outer, '--unshare-user-try echo ran')).toBe('ran');
    expect(await nested(outer, '--unshare-user echo ran')).toMatch(/create namespaces/u);
  });

  test.each(['--unshare-user-try', '--unshare-all'])(
    'where %s does not take --unshare-user back',
    async (option) => {
      const outer = [...ROOT_INSIDE, '--disable-userns'];
      expect(await nested(outer, `--unshare-user ${option} echo ran`)).toMatch(/create namespaces/u);
      expect(await stage.shell(['--unshare-user', option, '--disable-userns'], 'echo ran')).toBe('ran');
    },
  );

  test('where a user namespace of its own gives root no capability that he lacked', async () => {
    const ask = 'sed -n s/CapEff:.//p /proc/self/status';
    const effective = async (outer: readonly string[]): Promise<bigint> =>
      BigInt(`0x${await nested([...ROOT_INSIDE, ...outer], `--unshare-user ${ask}`)}`);
    const chown = 1n;
    expect((await effective([])) & chown).toBe(chown);
    expect((await effective(['--cap-drop', 'CAP_CHOWN'])) & chown).toBe(0n);
  });

  test('where it reports the namespaces of a command however short', async () => {
    const reports = await reportsOf(stage, 40);
    expect(reports.filter((report) => /"pid-namespace": \d/u.test(report))).toHaveLength(40);
  });

  test('where a file has no slash at its end, and a directory may', async () => {
    const options = ['--tmpfs', stage.directory];
    const inputs = ['content'];
    const at = `${stage.directory}/made/`;
    expect(await stage.shell([...options, '--file', '3', at], 'echo ran', { inputs })).toMatch(
      /create file/u,
    );
    expect(await stage.shell([...options, '--dir', at], 'echo ran')).toBe('ran');
  });

  test('where --remount-ro leaves no device to write to', async () => {
    const script = `echo a > ${stage.directory}/null && echo works`;
    const options = ['--dev-bind', '/dev', stage.directory];
    expect(await stage.shell(options, script)).toBe('works');
    expect(await stage.shell([...options, '--remount-ro', stage.directory], script)).toMatch(
      /Permission denied/u,
    );
  });
});

/** First lines of --json-status-fd for as many commands that end at once. */
async function reportsOf(stage: LauncherStage, count: number): Promise<readonly string[]> {
  const options = '--ro-bind / / --unshare-pid --json-status-fd 3';
  const script = `i=0; while [ $i -lt ${String(count)} ]; do "$1" ${options} true 3>&1; i=$((i+1)); done`;
  const { ended } = stage.startProgram(['/bin/sh', '-c', script, 'sh', stage.launcher]);
  return (await ended).output.split('\n').filter((line) => line.includes('child-pid'));
}
