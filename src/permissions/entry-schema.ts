import { z } from 'zod';
import { CordonError } from '../errors/cordon-error.js';
import { parseAbsolutePath } from '../paths/absolute-path.js';
import { parseFileUri, toFileUri } from '../paths/file-uri.js';
import { compileGlob } from '../paths/glob.js';
import { normalizeSubpath } from './entry-path.js';
import { type PermissionEntry, type SpecialPath } from './profile.js';

const KNOWN_KINDS = ['root', 'minimal', 'project_roots', 'tmpdir', 'slash_tmp'] as const;

/** `read`, `write` or `deny`; `none` is an older word for `deny`. */
const accessSchema = z
  .enum(['read', 'write', 'deny', 'none'], { error: 'expected "read", "write" or "deny"' })
  .transform((access) => (access === 'none' ? 'deny' : access));

const skipSchema = z.literal('skip', { error: 'expected "skip" or nothing' }).nullish();

const subpathSchema = textSchema('a relative path without ".."', normalizeSubpath).nullish();

/** Kinds of newer writers are kept under `unknown`, so that a profile read and written again loses nothing. */
const specialSchema = z
  .object(
    {
      kind: z.string({ error: `expected one of ${KNOWN_KINDS.join(', ')}` }),
      path: z.unknown().optional(),
      subpath: subpathSchema,
    },
    { error: 'expected a special path {kind, subpath?}' },
  )
  .transform(({ kind, path, subpath }): SpecialPath => {
    const below = subpath == null ? {} : { subpath };
    const written = kind === 'current_working_directory' ? 'project_roots' : kind;
    const known = KNOWN_KINDS.find((each) => each === written);
    if (known !== undefined) return { kind: known, ...below };
    return { kind: 'unknown', path: kind === 'unknown' && typeof path === 'string' ? path : kind, ...below };
  });

const entryPathSchema = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('path'),
      path: textSchema('a file: URI', (text) => toFileUri(parseFileUri(text))),
    }),
    z.object({
      type: z.literal('glob_pattern'),
      pattern: textSchema('a glob pattern', (text) => {
        compileGlob(text);
        return text;
      }),
    }),
    z.object({ type: z.literal('special'), value: specialSchema }),
  ],
  { error: 'expected a path of type "path", "glob_pattern" or "special"' },
);

/** One entry of a profile as it travels. Globs only deny. */
export const permissionEntrySchema = z
  .object(
    { path: entryPathSchema, access: accessSchema, missing_path_behavior: skipSchema },
    { error: 'expected an entry {path, access}' },
  )
  .superRefine(({ path, access }, context) => {
    if (path.type !== 'glob_pattern' || access === 'deny') return;
    context.addIssue({ code: 'custom', path: ['access'], message: 'expected "deny" (globs only deny)' });
  })
  .transform(({ path, access, missing_path_behavior: missing }): PermissionEntry => ({
    path,
    access,
    ...(missing == null ? {} : { missing_path_behavior: missing }),
  }));

/** A path in the lists of the oldest shape, which had native paths; `file:` URIs are taken too. */
export const listedPathSchema = textSchema('an absolute path or a file: URI', (text) =>
  toFileUri(text.startsWith('/') ? parseAbsolutePath(text) : parseFileUri(text)),
);

/** A native absolute path. */
export const nativePathSchema = textSchema('an absolute path', parseAbsolutePath);

/** A text that `parse` reads; what `parse` throws with a code becomes an issue at the text's place. */
function textSchema<T>(expectation: string, parse: (text: string) => T): z.ZodType<T> {
  return z.string({ error: `expected ${expectation}` }).transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof CordonError)) throw error;
      const why = error.message.replace(/^Cannot use \w+ ".*": /su, '');
      context.addIssue({ code: 'custom', message: `expected ${expectation} (${why})` });
      return z.NEVER;
    }
  });
}
