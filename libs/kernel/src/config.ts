type Environment = Readonly<Record<string, string | undefined>>
export type Setting<T> = { variable: string; read(raw: string | undefined): T }

/** Every problem of a configuration at once, each naming its variable: thrown at start, printed, exit 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`)
    this.problems = problems
  }
}

type Fallback<T> = { default?: T | undefined }

function setting<T>(variable: string, options: Fallback<T>, parse: (raw: string) => T): Setting<T> {
  return {
    variable,
    read(raw) {
      if (raw !== undefined && raw !== '') return parse(raw)
      if (options.default !== undefined) return options.default
      throw new Error('is required')
    },
  }
}

export const text = (variable: string, options: Fallback<string> = {}): Setting<string> =>
  setting(variable, options, (raw) => raw)

export const oneOf = <const T extends string>(
  variable: string,
  allowed: readonly T[],
  options: Fallback<T> = {},
): Setting<T> =>
  setting(variable, options, (raw) => {
    const found = allowed.find((value) => value === raw)
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`)
    return found
  })

export const integer = (
  variable: string,
  options: Fallback<number> & { min?: number; max?: number } = {},
): Setting<number> =>
  setting(variable, options, (raw) => {
    const value = Number(raw)
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = options
    if (!/^-?\d+$/.test(raw) || value < min || value > max)
      throw new Error(`must be a whole number from ${min} to ${max}`)
    return value
  })

export const flag = (variable: string, options: Fallback<boolean> = {}): Setting<boolean> =>
  setting(variable, options, (raw) => {
    if (raw === 'true' || raw === '1') return true
    if (raw === 'false' || raw === '0') return false
    throw new Error('must be true or false')
  })

export const url = (variable: string, options: Fallback<string> = {}): Setting<string> =>
  setting(variable, options, (raw) => {
    if (!URL.canParse(raw)) throw new Error('must be a URL')
    return raw
  })

/** A secret: given in the variable itself, or in the file that `<variable>_FILE` names. */
export const secret = (variable: string, options: Fallback<string> = {}): Setting<string> => ({
  ...setting(variable, options, (raw) => raw),
})

/** Asked for when it is needed, not imported: a browser bundle that holds this file never gets here. */
const readSecretFile = (path: string): string => process.getBuiltinModule('node:fs').readFileSync(path, 'utf8').trim()

/** Reads all settings; throws one ConfigError that lists every problem, never a value. */
export function readConfig<Shape extends Record<string, Setting<unknown>>>(
  shape: Shape,
  environment: Environment = process.env,
): { [Key in keyof Shape]: Shape[Key] extends Setting<infer T> ? T : never } {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [key, { variable, read }] of Object.entries(shape)) {
    try {
      const file = environment[`${variable}_FILE`]
      values[key] = read(environment[variable] ?? (file ? readSecretFile(file) : undefined))
    } catch (error) {
      problems.push(`${variable} ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values as { [Key in keyof Shape]: Shape[Key] extends Setting<infer T> ? T : never }
}
