import { parentPort, workerData } from 'node:worker_threads'
import { Session } from 'chdb'

/** A thread with a session of its own: statements block it, and nothing else. */
const { path } = workerData as { path: string }

export type Asked = { id: number; statement: string } | { close: true }
export type Answered = { id: number; text: string } | { id: number; failed: string }

const session = new Session(path)

parentPort?.on('message', (asked: Asked) => {
  if ('close' in asked) {
    session.close()
    parentPort?.close()
    return
  }
  parentPort?.postMessage(answer(asked.id, asked.statement))
})

function answer(id: number, statement: string): Answered {
  try {
    return { id, text: session.query(statement, 'JSONEachRow') }
  } catch (error) {
    return { id, failed: error instanceof Error ? error.message : String(error) }
  }
}
