export type DiffLine = { kind: 'context' | 'added' | 'removed' | 'note'; text: string; before?: number; after?: number }
export type Hunk = { header: string; lines: readonly DiffLine[] }
export type FileDiff = {
  path: string
  from?: string
  change: 'added' | 'deleted' | 'renamed' | 'changed'
  binary: boolean
  hunks: readonly Hunk[]
  added: number
  removed: number
}

type Draft = {
  path: string
  from?: string
  change: FileDiff['change']
  binary: boolean
  hunks: { header: string; lines: DiffLine[] }[]
}

const clean = (path: string): string =>
  path
    .replace(/^"|"$/g, '')
    .replace(/^[ab]\//, '')
    .replace(/\t.*$/, '')

function readHeader(file: Draft, line: string): void {
  if (line.startsWith('new file')) file.change = 'added'
  else if (line.startsWith('deleted file')) file.change = 'deleted'
  else if (line.startsWith('rename from ')) {
    file.change = 'renamed'
    file.from = line.slice('rename from '.length)
  } else if (line.startsWith('rename to ')) file.path = line.slice('rename to '.length)
  else if (line.startsWith('Binary files') || line.startsWith('GIT binary patch')) file.binary = true
  else if (line.startsWith('+++ ') && !line.startsWith('+++ /dev/null')) file.path = clean(line.slice(4))
  else if (line.startsWith('--- ') && !line.startsWith('--- /dev/null') && file.path === '')
    file.path = clean(line.slice(4))
}

const hunkHead = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/

/** Reads what `git diff` writes: files, hunks, and each line with its numbers before and after. */
export function readDiff(text: string): readonly FileDiff[] {
  const files: Draft[] = []
  let file: Draft | undefined
  let before = 0
  let after = 0
  let leftBefore = 0
  let leftAfter = 0
  for (const line of text.split('\n')) {
    const hunk = file?.hunks.at(-1)
    if (hunk && (leftBefore > 0 || leftAfter > 0) && /^[ +-]|^$/.test(line)) {
      const kind = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'context'
      hunk.lines.push({
        kind,
        text: line.slice(1),
        ...(kind !== 'added' && { before: before++ }),
        ...(kind !== 'removed' && { after: after++ }),
      })
      if (kind !== 'added') leftBefore--
      if (kind !== 'removed') leftAfter--
      continue
    }
    const found = hunkHead.exec(line)
    if (line.startsWith('diff --git ')) {
      file = { path: clean(/ b\/(.*)$/.exec(line)?.[1] ?? ''), change: 'changed', binary: false, hunks: [] }
      files.push(file)
    } else if (found) {
      file ??= files[files.push({ path: '', change: 'changed', binary: false, hunks: [] }) - 1]
      before = Number(found[1])
      leftBefore = Number(found[2] ?? 1)
      after = Number(found[3])
      leftAfter = Number(found[4] ?? 1)
      file?.hunks.push({ header: (found[5] ?? '').trim(), lines: [] })
    } else if (line.startsWith('\\')) hunk?.lines.push({ kind: 'note', text: line.slice(2) })
    else if (file) readHeader(file, line)
  }
  return files.map((one) => ({ ...one, added: count(one, 'added'), removed: count(one, 'removed') }))
}

const count = ({ hunks }: Draft, kind: DiffLine['kind']): number =>
  hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0)
