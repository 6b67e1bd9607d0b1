import { RE2JS } from 're2js'

/**
 * Ruby's File.fnmatch with PATHNAME, DOTMATCH and EXTGLOB, as `rules:changes` and `rules:exists` use it: `*` and `?`
 * stay within a segment, `**` followed by a slash crosses segments at the start of one, `{a,b}` are alternatives.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  if (!/[*?[{\\]/.test(glob)) return (path) => path === glob
  const pattern = RE2JS.compile(`^(?:${translate(glob)})$`, RE2JS.DOTALL)
  return (path) => pattern.matcher(path).find()
}

export const isGlob = (text: string): boolean => /[*?[{]/.test(text)

function translate(glob: string): string {
  let out = ''
  let depth = 0
  for (let index = 0; index < glob.length; index++) {
    const char = glob[index] ?? ''
    const atStart = index === 0 || '/{,'.includes(glob[index - 1] ?? '')
    if (atStart && glob.startsWith('**/', index)) {
      out += '(?:[^/]+/)*'
      index += 2
    } else if (char === '*') {
      while (glob[index + 1] === '*') index++
      out += '[^/]*'
    } else if (char === '?') out += '[^/]'
    else if (char === '[') {
      const end = glob.indexOf(']', index + 2)
      if (end < 0) out += '\\['
      else {
        out += `[${glob
          .slice(index + 1, end)
          .replace(/^!/, '^')
          .replace(/[\\[]/g, '\\$&')}]`
        index = end
      }
    } else if (char === '{' && glob.includes('}', index)) {
      depth++
      out += '(?:'
    } else if (char === '}' && depth > 0) {
      depth--
      out += ')'
    } else if (char === ',' && depth > 0) out += '|'
    else if (char === '\\' && index + 1 < glob.length) out += RE2JS.quote(glob[++index] ?? '')
    else out += RE2JS.quote(char)
  }
  return out + ')'.repeat(depth)
}
