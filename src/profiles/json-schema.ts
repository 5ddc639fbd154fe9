import { SPECIAL_PATHS } from './entry-path.js';
import { INHERIT_WORDS } from './environment-section.js';
import { ACCESS_WORDS } from './filesystem-section.js';
import { ENFORCEMENT_WORDS } from './parse-document.js';

/**
 * The JSON Schema (draft 2020-12) of profile documents, for editors that know TOML; the same rules as the loader's,
 * as far as a schema can say them. Source: https://json-schema.org/draft/2020-12.
 *
 * @returns plain data, new at every call.
 */
export function profileJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'cordon profile',
    description: 'What commands may do.',
    type: 'object',
    additionalProperties: false,
    properties: {
      description: { type: 'string', description: 'One line for lists of profiles.' },
      extends: {
        type: 'string',
        minLength: 1,
        description: 'The name of a profile, or the path of a document relative to this one.',
      },
      enforcement: {
        enum: ENFORCEMENT_WORDS,
        default: 'managed',
        description:
          'managed: cordon enforces. disabled: nobody does. external: somebody around cordon does.',
      },
      filesystem: { oneOf: [unrestrictedSchema(), restrictedSchema()] },
      network: networkSchema(),
      environment: environmentSchema(),
    },
  };
}

function unrestrictedSchema(): object {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['unrestricted'],
    properties: { unrestricted: { const: true, description: 'No file is restricted.' } },
  };
}

/** Keys that begin with `:`, `~/` or `/` are paths; keys with characters of a glob are globs, which only deny. */
function restrictedSchema(): object {
  const access = { enum: ACCESS_WORDS };
  return {
    type: 'object',
    description: 'Entries by path; the longest path that matches decides, what no entry matches is refused.',
    additionalProperties: false,
    properties: {
      unrestricted: { const: false },
      glob_scan_max_depth: {
        type: 'integer',
        minimum: 1,
        description: 'How many directories deep deny globs are searched for.',
      },
      ...Object.fromEntries([...SPECIAL_PATHS.keys()].map((name) => [name, access])),
    },
    patternProperties: {
      '^(:[^/]|/|~/|~$)': access,
      '[*?\\[\\]{}]': { const: 'deny' },
    },
  };
}

function networkSchema(): object {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      enabled: { type: 'boolean', default: false },
      unix_sockets: {
        ...textListSchema('Sockets of this machine that the command may connect to.'),
        items: { type: 'string', pattern: '^(/|~/)' },
      },
    },
  };
}

function environmentSchema(): object {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      inherit: { enum: INHERIT_WORDS, default: 'all', description: "What is taken over from the caller's." },
      ignore_default_excludes: {
        type: 'boolean',
        default: false,
        description: 'Take over variables too whose names look like those of secrets.',
      },
      exclude: textListSchema('Names to leave out; * and ? are wildcards, case is ignored.'),
      include_only: textListSchema('When not empty, only these names are taken over.'),
      set: {
        type: 'object',
        propertyNames: { pattern: '^[^=]+$' },
        additionalProperties: { type: 'string' },
        description: 'Variables to set.',
      },
    },
  };
}

function textListSchema(description: string): object {
  return { type: 'array', items: { type: 'string' }, default: [], description };
}
