import { wordsOf } from '../governance/names.ts'

export type Weight = 'A' | 'B' | 'C' | 'D'

const wordLengthMax = 60
const wordsMax = 5_000
const queryWordsMax = 10

/** The words of a name, and the name written as one: `entry-recorded` is found by `recorded` and by `entryrec`. */
export function searchWords(name: string): string[] {
  const words = wordsOf(name).map((word) => word.slice(0, wordLengthMax))
  return words.length > 1 ? [...words, words.join('').slice(0, wordLengthMax)] : words
}

/** A tsvector's text: each word once, with the best weight that it is found with. Words are letters and digits alone. */
export function vectorText(texts: readonly (readonly [Weight, string])[]): string {
  const weights = new Map<string, Weight>()
  for (const [weight, text] of texts) {
    for (const piece of text.split(/\s+/)) {
      for (const word of searchWords(piece)) {
        const known = weights.get(word)
        if (known === undefined && weights.size >= wordsMax) continue
        weights.set(word, known === undefined || weight < known ? weight : known)
      }
    }
  }
  return [...weights].map(([word, weight]) => `'${word}':1${weight}`).join(' ')
}

/** What somebody looks for: all words must be there, each at least with its beginning. */
export const queryWords = (text: string): string[] =>
  [...new Set(wordsOf(text))].slice(0, queryWordsMax).map((word) => word.slice(0, wordLengthMax))

export const queryText = (words: readonly string[], weight: Weight | '' = ''): string =>
  words.map((word) => `'${word}':*${weight}`).join(' & ')
