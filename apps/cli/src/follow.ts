import pc from 'picocolors'
import type { Api } from './session.ts'
import { inert } from './output.ts'

/** A line that is redrawn on a terminal, and printed when it changes elsewhere. */
export function liveLine(): { set(text: string): void; end(): void } {
  let last = ''
  const tty = process.stderr.isTTY
  return {
    set: (text) => {
      if (text === last) return
      last = text
      process.stderr.write(tty ? `\r\u001b[2K${inert(text)}` : `${inert(text)}\n`)
    },
    end: () => {
      if (tty && last) process.stderr.write('\r\u001b[2K')
    },
  }
}

/** Follows an operation to its end; true where it succeeded. */
export async function followOperation(
  api: Api,
  project: string,
  operation: string,
): Promise<{ succeeded: boolean; detail: string }> {
  const line = liveLine()
  for await (const { data } of api.followOperation({ params: { project, operation } })) {
    const now =
      data.steps.find((step) => step.state === 'running') ?? data.steps.findLast((step) => step.state === 'done')
    const done = data.steps.filter((step) => step.state === 'done').length
    line.set(
      `  ${pc.cyan('◐')} ${now?.name ?? data.kind} ${pc.dim(`${done} of ${data.steps.length}${now?.detail ? ` · ${now.detail}` : ''}`)}`,
    )
    if (data.state === 'running') continue
    line.end()
    return { succeeded: data.state === 'succeeded', detail: data.error?.detail ?? '' }
  }
  line.end()
  return {
    succeeded: false,
    detail: 'The connection ended before the operation did; `plinth status` shows how it stands.',
  }
}
