import type { OperationName } from '@plinth/contracts'
import type { Asked } from './fixture-ask.ts'
import { ago } from './fixture-data.ts'
import { jobOf, operation } from './fixture-delivery.ts'
import { jobLog, logRecord } from './fixture-more.ts'

type Streamed = { id?: string; data: unknown; afterMs: number }

/** The streams: what they send, each after a pause. Those without an end stay open. */
export const streams: { [Op in OperationName]?: (asked: Asked) => { items: readonly Streamed[]; open: boolean } } = {
  followEvents: () => ({
    open: true,
    items: [
      {
        id: '1',
        afterMs: 20,
        data: {
          specversion: '1.0',
          id: 'evt_1',
          type: 'dev.plinth.gitops.application.changed.v1',
          source: 'gitops',
          time: ago(0),
          data: {},
        },
      },
    ],
  }),
  followOperation: () => ({
    open: false,
    items: [0, 1, 2, 3, 4].map((done) => ({ id: String(done), afterMs: 150, data: operation(done) })),
  }),
  followJobLog: (asked) => {
    const { status } = jobOf(asked)
    if (status === 'created' || status === 'manual' || status === 'skipped') return { open: false, items: [] }
    const half = Math.floor(jobLog.length / 2)
    const pieces = status === 'running' ? [jobLog.slice(0, half)] : [jobLog.slice(0, half), jobLog.slice(half)]
    return {
      open: status === 'running',
      items: pieces.map((text, index) => ({ id: String(index), afterMs: 10, data: { text } })),
    }
  },
  tailLogs: () => ({
    open: true,
    items: Array.from({ length: 20 }, (_, index) => ({ afterMs: 100, data: logRecord(0, index) })),
  }),
}
