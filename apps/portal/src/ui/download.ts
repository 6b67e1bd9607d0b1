/** Hands text to the browser as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}

/** What a spreadsheet would take for a formula is told to be text (OWASP, CSV injection). */
const cell = (value: string): string => {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180, with a head. */
export const csvOf = (head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string =>
  [head, ...rows].map((row) => row.map((value) => cell(value ?? '')).join(',')).join('\r\n') + '\r\n'
