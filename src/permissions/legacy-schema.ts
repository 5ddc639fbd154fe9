import { z } from 'zod';
import { nativePathSchema } from './entry-schema.js';
import { type LegacyPolicy } from './legacy.js';
import { parseWithIssues } from './schema-issues.js';

const flagSchema = z
  .boolean({ error: 'expected true or false' })
  .nullish()
  .transform((flag) => flag ?? false);

const legacySchema: z.ZodType<LegacyPolicy> = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('read-only'), network_access: flagSchema }),
    z.object({
      type: z.literal('workspace-write'),
      writable_roots: z
        .array(nativePathSchema, { error: 'expected an array of absolute paths' })
        .nullish()
        .transform((roots) => roots ?? []),
      network_access: flagSchema,
      exclude_tmpdir_env_var: flagSchema,
      exclude_slash_tmp: flagSchema,
    }),
    z.object({ type: z.literal('danger-full-access') }),
    z.object({
      type: z.literal('external-sandbox'),
      network_access: z
        .enum(['restricted', 'enabled'], { error: 'expected "restricted" or "enabled"' })
        .nullish()
        .transform((network) => network ?? 'restricted'),
    }),
  ],
  {
    error:
      'expected a policy of type "read-only", "workspace-write", "danger-full-access" or "external-sandbox"',
  },
);

/**
 * Reads a legacy policy from outside. Absent and null members: no further roots, no network, temporary
 * directories not excluded. Unknown members are ignored.
 *
 * @param input - anything.
 * @returns the policy, every member set.
 * @throws CordonError `profile-invalid` that names place, expectation and value.
 */
export function parseLegacyPolicy(input: unknown): LegacyPolicy {
  return parseWithIssues(legacySchema, input, 'legacy policy');
}
