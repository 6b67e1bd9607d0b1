const variablesMax = 50
const valueLengthMax = 10_000

/**
 * GitLab's dotenv report: `NAME=value` lines; comments and empty lines are skipped, quotes around a value taken off.
 * A line that is neither is named in `problems` and left out.
 */
export function parseDotenv(text: string): { variables: Record<string, string>; problems: string[] } {
  const variables: Record<string, string> = {}
  const problems: string[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [, name, value = ''] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined) problems.push(`line ${index + 1} is not NAME=value`)
    else if (value.length > valueLengthMax)
      problems.push(`line ${index + 1}: the value is longer than ${valueLengthMax} characters`)
    else if (Object.keys(variables).length >= variablesMax && !(name in variables))
      problems.push(`line ${index + 1}: more than ${variablesMax} variables`)
    else variables[name] = unquoted(value)
  }
  return { variables, problems }
}

const unquoted = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value
