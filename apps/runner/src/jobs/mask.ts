const replacement = '[MASKED]'
/** A shorter value would blot out half of the log and is no secret worth the name. */
const lengthMin = 4

/**
 * The forms in which a secret turns up in a log: as it is, each longer line of it, URL-encoded, and in Base64 wherever
 * it lies in what was encoded (the three ways to fall on a group of three bytes, without the characters that depend
 * on its neighbours).
 */
export function formsOf(secret: string): string[] {
  if (secret.length < lengthMin) return []
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 8)
  const bytes = Buffer.from(secret)
  const shifted = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const isWhole = (shift + bytes.length) % 3 === 0
    return text.slice(shift === 0 ? 0 : shift + 1, isWhole ? undefined : -1)
  })
  const base64 = shifted
    .filter((text) => text.length >= 6)
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  return [secret, ...lines, encodeURIComponent(secret), ...base64]
}

export type Mask = {
  /** The text with every secret replaced, less a tail that may be the beginning of one. */
  write(text: string): string
  /** The tail, when nothing comes after it. */
  end(): string
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Masks a stream: a secret is found also where it comes in pieces, because a possible beginning is held back. */
export function mask(secrets: readonly string[]): Mask {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  if (forms.length === 0) return { write: (text) => text, end: () => '' }
  const pattern = new RegExp(forms.map(escaped).join('|'), 'g')
  const longest = forms[0]?.length ?? 0
  const prefixes = new Set(
    forms.flatMap((form) => Array.from({ length: form.length - 1 }, (_, index) => form.slice(0, index + 1))),
  )
  let held = ''

  /** The length of the longest end of the text with which a secret could begin. */
  const openEnd = (text: string): number => {
    for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
      if (prefixes.has(text.slice(text.length - length))) return length
    }
    return 0
  }
  return {
    write(text) {
      const all = held + text
      // Cut before replacing: a match that could still grow into a longer secret waits for what follows.
      const cut = all.length - openEnd(all)
      const covering = [...all.matchAll(pattern)].find(
        (match) => match.index < cut && match.index + match[0].length > cut,
      )
      const end = covering ? covering.index + covering[0].length : cut
      held = all.slice(end)
      return all.slice(0, end).replace(pattern, replacement)
    },
    end() {
      const rest = held.replace(pattern, replacement)
      held = ''
      return rest
    },
  }
}
