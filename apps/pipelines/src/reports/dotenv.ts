const bytesMax = 5 * 1024
const variablesMax = 50
const nameForm = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Why the variables of a dotenv report are not taken (GitLab, artifacts_reports.md), or undefined when they are. */
export function dotenvProblem(variables: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(variables)
  if (entries.length > variablesMax) return `the dotenv report has more than ${variablesMax} variables`
  const bytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
  if (bytes > bytesMax) return `the dotenv report has more than ${bytesMax} bytes`
  const wrongName = entries.find(([name]) => !nameForm.test(name))
  if (wrongName)
    return `the dotenv report has the name \`${wrongName[0].slice(0, 50)}\`; expected letters, digits and underscores`
  const wrongValue = entries.find(([, value]) => /[\r\n\0]/.test(value))
  return wrongValue && `the value of \`${wrongValue[0]}\` in the dotenv report has more than one line`
}
