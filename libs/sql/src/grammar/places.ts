/** Counted from 1; columns in characters. */
export type Place = { line: number; column: number }

/** Lines and columns of a text by byte offset, as PostgreSQL's parser counts. */
export function placesOf(text: string): { at(byteOffset: number): Place; byteOf(charOffset: number): number } {
  const bytes = Buffer.from(text)
  const starts = [0]
  for (let index = bytes.indexOf(10); index !== -1; index = bytes.indexOf(10, index + 1)) starts.push(index + 1)
  return {
    at(byteOffset) {
      const offset = Math.min(Math.max(byteOffset, 0), bytes.length)
      let low = 0
      let high = starts.length - 1
      while (low < high) {
        const middle = Math.ceil((low + high) / 2)
        if ((starts[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      return { line: low + 1, column: bytes.subarray(starts[low] ?? 0, offset).toString().length + 1 }
    },
    byteOf: (charOffset) => Buffer.byteLength(Array.from(text).slice(0, charOffset).join('')),
  }
}
