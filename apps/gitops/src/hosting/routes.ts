import { failure, gitopsRoutes } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { Ask, Handlers } from '@plinth/service'
import { enqueue, recordAudit } from '@plinth/store'
import { readPushHead, writePushHead, type PushHead } from '../git/pkt-line.ts'
import { queues, type Parts } from '../parts.ts'
import { insertIntents } from '../repositories/store.ts'
import { intentCheckDelayMs, openRepository, type OpenRepository } from '../repositories/usecases.ts'
import { advertise, beginAnswer, drain, exchange, requestBody } from './exchange.ts'
import { pushConfig, refusalReport, refusalsOf } from './push-rules.ts'

type HostingRoutes = Pick<typeof gitopsRoutes, 'gitAdvertise' | 'gitUploadPack' | 'gitReceivePack'>
type GitAsk = Pick<Ask<HostingRoutes['gitReceivePack']>, 'who' | 'params' | 'headers' | 'signal' | 'raw' | 'reply'>

/** Git smart HTTP, gitprotocol-http(5), by the system's git. */
export const hostingRoutes = (parts: Parts): Handlers<HostingRoutes> => ({
  gitAdvertise: (ask) =>
    inGitsWords(ask, async () => {
      const { folder } = await openRepository(parts, ask.params)
      const service = serviceNamed(ask.query.service)
      await advertise({ ask, folder, service })
    }),
  gitUploadPack: (ask) =>
    inGitsWords(ask, async () => {
      const { folder } = await openRepository(parts, ask.params)
      requireType(ask, 'application/x-git-upload-pack-request')
      const body = requestBody(ask, gitopsRoutes.gitUploadPack.bodyLimitBytes)
      await exchange({ ask, folder, service: 'upload-pack' }, body)
    }),
  gitReceivePack: (ask) =>
    inGitsWords(ask, async () => {
      const opened = await openRepository(parts, ask.params)
      requireType(ask, 'application/x-git-receive-pack-request')
      await receive(parts, ask, opened)
    }),
})

const serviceNamed = (service: string | undefined): 'upload-pack' | 'receive-pack' => {
  if (service === 'git-upload-pack') return 'upload-pack'
  if (service === 'git-receive-pack') return 'receive-pack'
  throw failure('platform.request_invalid', {
    detail: 'This repository speaks smart HTTP only; `service` must be git-upload-pack or git-receive-pack.',
    problems: [{ path: '/query/service', message: 'must be git-upload-pack or git-receive-pack.' }],
  })
}

function requireType({ headers }: GitAsk, type: string): void {
  if (headers['content-type'] !== type)
    throw failure('platform.media_type_unsupported', { detail: `The content type must be ${type}.` })
}

/** Decides on a push before git sees it, notes who is about to do what, and lets git do it. */
async function receive(parts: Parts, ask: GitAsk, { repository, folder }: OpenRepository): Promise<void> {
  const body = requestBody(ask, gitopsRoutes.gitReceivePack.bodyLimitBytes)
  const head = await readPushHead(body)
  if (head.commands.length === 0) {
    // git asks with nothing before it sends a large pack, to see whether it may.
    await drain(body)
    beginAnswer(ask, 'application/x-git-receive-pack-result')
    ask.reply.raw.end()
    return
  }
  const refusals = refusalsOf(head.commands, repository)
  if (refusals.length > 0) {
    await drain(body)
    await noteRefusal(parts, ask, repository.project, repository.name, refusals)
    beginAnswer(ask, 'application/x-git-receive-pack-result')
    ask.reply.raw.end(refusalReport(head, refusals))
    return
  }
  await noteIntents(parts, ask, repository.id, head)
  try {
    const config = pushConfig(head.commands, repository)
    await exchange(
      { ask, folder, service: 'receive-pack', config },
      body,
      Buffer.concat([writePushHead(head), head.rest]),
    )
  } finally {
    await enqueue(parts.store.db, queues.refs, repository.id)
  }
}

async function noteIntents({ store }: Parts, { who }: GitAsk, id: string, { commands }: PushHead): Promise<void> {
  await store.transaction(async (tx) => {
    const intents = commands.map((command) => ({
      ...command,
      actor: who.subject,
      requestId: who.requestId,
      cause: 'push',
    }))
    await insertIntents(tx, id, intents)
    await enqueue(tx, queues.refs, id, { delayMs: intentCheckDelayMs })
  })
}

async function noteRefusal(
  { store }: Parts,
  { who }: GitAsk,
  project: string,
  name: string,
  refusals: readonly { ref: string; reason: string }[],
): Promise<void> {
  const detail = { refs: refusals.slice(0, 20).map(({ ref, reason }) => `${ref}: ${reason}`) }
  await store.transaction((tx) =>
    recordAudit(tx, 'gitops', who, {
      action: 'repository.push',
      project,
      object: `repository/${name}`,
      outcome: 'denied',
      detail,
    }),
  )
}

/** git shows an error's text with `remote:` only when it is plain; everybody else gets the problem document. */
async function inGitsWords(ask: GitAsk, work: () => Promise<void>): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    const isGit = ask.headers['user-agent']?.startsWith('git/') === true
    const isSaid = ask.reply.sent || ask.reply.raw.headersSent
    if (!isGit || isSaid || !(error instanceof AppError) || error.status >= 500) throw error
    return ask.reply.code(error.status).type('text/plain; charset=utf-8').send(`${error.publicDetail}\n`)
  }
}
