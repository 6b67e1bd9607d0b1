import { useEffect, useState } from 'react'
import { follow } from '../api/plinth.ts'
import { type LogLine, LogReader } from './log-lines.ts'

export type JobLog = { lines: readonly LogLine[]; folded: ReadonlySet<string>; ended: boolean; error?: unknown }

const paintEveryMs = 60

/** The log of a job as it is written. Pieces that come in a burst are painted together. */
export function useJobLog(project: string, job: string): JobLog {
  const [log, setLog] = useState<JobLog>({ lines: [], folded: new Set(), ended: false })
  useEffect(() => {
    const stop = new AbortController()
    const reader = new LogReader()
    let timer: ReturnType<typeof setTimeout> | undefined
    const paint = (more: Partial<JobLog> = {}): void => {
      timer = undefined
      setLog((before) => ({ ...before, ...more, lines: reader.lines, folded: new Set(reader.collapsed) }))
    }
    const run = async (): Promise<void> => {
      for await (const { data } of follow('followJobLog', { params: { project, job }, signal: stop.signal })) {
        if (data.text !== undefined) reader.push(data.text)
        timer ??= setTimeout(paint, paintEveryMs)
      }
      reader.finish()
      paint({ ended: true })
    }
    run().catch((error: unknown) => paint({ ended: true, error }))
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [project, job])
  return log
}
