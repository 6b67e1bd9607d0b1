import pc from 'picocolors'

export type Progress = { step(words: string): void; note(words: string): void; done(words: string): void; stop(): void }

const frames = ['◐', '◓', '◑', '◒']

/** What happens now, with the seconds it takes; a line a step where the output is no terminal. */
export function progress(out: NodeJS.WriteStream = process.stdout): Progress {
  let current: { words: string; note: string; since: number } | undefined
  let frame = 0
  const seconds = (): string => ((Date.now() - (current?.since ?? 0)) / 1000).toFixed(1)
  const draw = (): void => {
    if (!current || !out.isTTY) return
    const { words, note } = current
    out.write(
      `\r\x1b[2K  ${pc.cyan(frames[frame++ % frames.length] ?? '')} ${words} ${pc.dim(`${seconds()} s${note ? ` · ${note}` : ''}`)}`,
    )
  }
  const timer = setInterval(draw, 120)
  timer.unref()
  const finish = (): void => {
    if (!current) return
    out.write(`${out.isTTY ? '\r\x1b[2K' : ''}  ${pc.green('●')} ${current.words} ${pc.dim(`${seconds()} s`)}\n`)
    current = undefined
  }
  return {
    step: (words) => {
      finish()
      current = { words, note: '', since: Date.now() }
      draw()
    },
    note: (words) => {
      if (current) current.note = words
      draw()
    },
    done: (words) => {
      finish()
      out.write(`  ${pc.green('●')} ${words}\n`)
    },
    stop: () => {
      finish()
      clearInterval(timer)
    },
  }
}
