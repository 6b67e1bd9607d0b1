const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * The commands as one shell script: variables, functions and `cd` carry over from one to the next, and each command is
 * shown before it runs, of a longer one its first line, as GitLab does it.
 */
export function shellScript(commands: readonly string[]): string {
  const steps = commands.map((command) => {
    const [first = '', ...rest] = command.trimEnd().split('\n')
    const shown = `$ ${first}${rest.length > 0 ? ' # collapsed multi-line command' : ''}`
    return `printf '\\033[32;1m%s\\033[0;m\\n' ${quoted(shown)}\n${command}\n`
  })
  return `exec 2>&1\n${steps.join('')}`
}

/** Marks a foldable part of the log, in GitLab's notation. */
export const sectionStart = (name: string, title: string, nowMs: number): string =>
  `\u001b[0Ksection_start:${Math.floor(nowMs / 1_000)}:${name}\r\u001b[0K\u001b[36;1m${title}\u001b[0;m`
export const sectionEnd = (name: string, nowMs: number): string =>
  `\u001b[0Ksection_end:${Math.floor(nowMs / 1_000)}:${name}\r\u001b[0K`
