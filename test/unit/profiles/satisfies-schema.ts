type Words = Readonly<Record<string, unknown>>;

/** Each keyword that `profileJsonSchema` uses for checking, and when a value satisfies it. */
const KEYWORDS: Readonly<Record<string, (value: unknown, argument: unknown, schema: Words) => boolean>> = {
  type: (value, type) => typeOf(value) === type || (type === 'integer' && Number.isInteger(value)),
  const: (value, constant) => value === constant,
  enum: (value, words) => list(words).includes(value),
  minimum: (value, least) => typeof value === 'number' && value >= Number(least),
  minLength: (value, least) => typeof value === 'string' && value.length >= Number(least),
  pattern: (value, pattern) => typeof value !== 'string' || new RegExp(String(pattern), 'u').test(value),
  items: (value, schema) => list(value).every((item) => satisfies(item, schema)),
  oneOf: (value, schemas) => list(schemas).filter((schema) => satisfies(value, schema)).length === 1,
  required: (value, keys) => list(keys).every((key) => String(key) in words(value)),
  propertyNames: (value, schema) => Object.keys(words(value)).every((key) => satisfies(key, schema)),
  properties: (value, schemas) =>
    Object.entries(words(schemas)).every(
      ([key, schema]) => !(key in words(value)) || satisfies(words(value)[key], schema),
    ),
  patternProperties: (value, schemas) =>
    Object.entries(words(value)).every(([key, inner]) =>
      schemasFor(key, words(schemas)).every((schema) => satisfies(inner, schema)),
    ),
  additionalProperties: (value, schema, { properties = {}, patternProperties = {} }) =>
    Object.entries(words(value)).every(
      ([key, inner]) =>
        key in words(properties) ||
        schemasFor(key, words(patternProperties)).length > 0 ||
        (schema !== false && satisfies(inner, schema)),
    ),
};

const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default']);

/** Checks a value against a JSON Schema made of the keywords above; an unknown keyword is an error of the test. */
export function satisfies(value: unknown, schema: unknown): boolean {
  return Object.entries(words(schema)).every(([keyword, argument]) => {
    if (ANNOTATIONS.has(keyword)) return true;
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new TypeError(`keyword ${keyword} is not known here`);
    return check(value, argument, words(schema));
  });
}

function schemasFor(key: string, patterns: Words): readonly unknown[] {
  return Object.entries(patterns)
    .filter(([pattern]) => new RegExp(pattern, 'u').test(key))
    .map(([, schema]) => schema);
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function words(value: unknown): Words {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
