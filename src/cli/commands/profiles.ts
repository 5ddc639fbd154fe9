import { type AbsolutePath } from '../../paths/absolute-path.js';
import { type ProfileListing } from '../../profiles/list-profiles.js';
import { type ProfileCheck, type ProfileSource } from '../../profiles/load-profile.js';
import { type SandboxManager } from '../../sandbox/sandbox-manager.js';
import { type SubcommandArguments } from '../parse-arguments.js';
import { resolveProfileArgument } from '../to-command.js';
import { profileLines } from './profile-lines.js';
import { columns, type CommandResult, jsonResult, textResult } from './result.js';

/** The arguments of `profiles`. */
export type ProfilesArguments = Extract<SubcommandArguments, { readonly kind: 'profiles' }>;

/** A profile that cannot be used is a sandbox that cannot be set up. */
const EXIT_INVALID = 125;

/**
 * Lists, prints or checks profiles.
 *
 * @param manager - knows them.
 * @param request - what to do.
 * @param cwd - what the path of a document starts from.
 * @returns exit code 0; 125 when a checked profile is invalid.
 * @throws CordonError of `show`: `profile-not-found`, `profile-syntax`, `profile-invalid`, `profile-cycle`.
 */
export function profilesCommand(
  manager: Pick<SandboxManager, 'listProfiles' | 'showProfile' | 'checkProfile'>,
  request: ProfilesArguments,
  cwd: AbsolutePath,
): CommandResult {
  if (request.action === 'list') return list(manager.listProfiles(), request);
  const profile = resolveProfileArgument(request.profile, cwd);
  if (request.action === 'check') return check(manager.checkProfile(profile), request);
  const loaded = manager.showProfile(profile);
  return request.json ? jsonResult(loaded, 0) : textResult(profileLines(loaded), 0);
}

function list(
  profiles: readonly ProfileListing[],
  { names, json }: Extract<ProfilesArguments, { readonly action: 'list' }>,
): CommandResult {
  const shown = names ? profiles.map(({ name }) => name) : profiles;
  if (json) return jsonResult(shown, 0);
  if (names)
    return textResult(
      profiles.map(({ name }) => name),
      0,
    );
  return textResult(
    columns(
      profiles.map(({ name, source, description, problem }) => [
        name,
        source.kind,
        problem === undefined ? description : `cannot be read: ${problem}`,
      ]),
    ),
    0,
  );
}

function check(
  found: ProfileCheck,
  { profile, json }: Extract<ProfilesArguments, { readonly action: 'show' | 'check' }>,
): CommandResult {
  const exitCode = found.kind === 'valid' ? 0 : EXIT_INVALID;
  if (json) return jsonResult(found, exitCode);
  return textResult(
    [...verdictLines(found, profile), ...found.warnings.map((text) => `warning: ${text}`)],
    exitCode,
  );
}

function verdictLines(found: ProfileCheck, asked: string): readonly string[] {
  if (found.kind === 'valid') return [`${found.profile.name}: valid (${describeSource(found.source)})`];
  const count = found.problems.length;
  return [
    `${asked}: ${String(count)} ${count === 1 ? 'mistake' : 'mistakes'}`,
    ...found.problems.flatMap((problem) => [
      `  ${problem.message}`,
      ...('hint' in problem ? [`    hint: ${problem.hint}`] : []),
    ]),
  ];
}

function describeSource({ kind, path }: ProfileSource): string {
  return path ?? kind;
}
