/** A piece of a line with its look: class names of ours, never anything that the log says. */
export type Span = { text: string; className: string }

const colours = [
  '',
  'text-failed',
  'text-healthy',
  'text-degraded',
  'text-progressing',
  'text-accent',
  'text-accent',
  '',
] as const

type Look = { bold: boolean; dim: boolean; italic: boolean; underline: boolean; colour: string }
const plain: Look = { bold: false, dim: false, italic: false, underline: false, colour: '' }

function colourOf(code: number): string | undefined {
  if (code >= 30 && code <= 37) return colours[code - 30]
  if (code === 90) return 'text-quiet'
  if (code >= 91 && code <= 97) return colours[code - 90]
  return code === 39 ? '' : undefined
}

/** Select Graphic Rendition, ECMA-48 section 8.3.117; 256 and true colours are read over and left plain. */
function applyCodes(look: Look, parameters: string): Look {
  const codes = parameters === '' ? [0] : parameters.split(';').map(Number)
  let next = { ...look }
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0
    if (code === 0) next = { ...plain }
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 3) next.italic = true
    else if (code === 4) next.underline = true
    else if (code === 22) next = { ...next, bold: false, dim: false }
    else if (code === 23) next.italic = false
    else if (code === 24) next.underline = false
    else if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4
    else next.colour = colourOf(code) ?? next.colour
  }
  return next
}

const classOf = ({ bold, dim, italic, underline, colour }: Look): string =>
  [bold && 'font-semibold', dim && 'text-quiet', italic && 'italic', underline && 'underline', colour]
    .filter(Boolean)
    .join(' ')

// Control sequences (CSI), operating system commands such as hyperlinks and titles, and single escapes.
const escape = /\u001b(?:\[([0-9;?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/g

/** What stays of a line that rewrites itself with carriage returns, as progress bars do. */
const lastRewrite = (line: string): string => line.replace(/\r+$/, '').split('\r').at(-1) ?? ''

/** Reads one line of a log; gives inert spans and the look that the next line begins with. */
export function spansOf(line: string, start: Look = plain): { spans: Span[]; look: Look } {
  const spans: Span[] = []
  let look = start
  let from = 0
  const text = lastRewrite(line)
  const push = (raw: string): void => {
    const clean = raw.replace(control, '')
    if (clean !== '') spans.push({ text: clean, className: classOf(look) })
  }
  for (const match of text.matchAll(escape)) {
    push(text.slice(from, match.index))
    from = match.index + match[0].length
    if (match[2] === 'm') look = applyCodes(look, match[1] ?? '')
  }
  push(text.slice(from))
  return { spans, look }
}
