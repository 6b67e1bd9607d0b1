import { useEffect, useState } from 'react'
import { type Answer, follow } from '../api/plinth.ts'
import type { Where } from './where.ts'

export type LogRecord = Answer<'tailLogs'>

const keptMax = 5_000
const paintEveryMs = 120

/** Records as they arrive while the tail is on; the oldest are let go. */
export function useTail(on: boolean, { project, component, environment }: Where, search: string): readonly LogRecord[] {
  const [records, setRecords] = useState<readonly LogRecord[]>([])
  useEffect(() => {
    setRecords([])
    if (!on) return undefined
    const stop = new AbortController()
    let fresh: LogRecord[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const paint = (): void => {
      timer = undefined
      const batch = fresh
      fresh = []
      setRecords((before) => [...batch.reverse(), ...before].slice(0, keptMax))
    }
    const run = async (): Promise<void> => {
      const query = {
        workload: component,
        ...(environment !== undefined && { environment }),
        ...(search !== '' && { search }),
      }
      for await (const { data } of follow('tailLogs', { params: { project }, query, signal: stop.signal })) {
        fresh.push(data)
        timer ??= setTimeout(paint, paintEveryMs)
      }
    }
    run().catch(() => undefined)
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [on, project, component, environment, search])
  return records
}
