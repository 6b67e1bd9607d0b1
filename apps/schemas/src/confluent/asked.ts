import type { Static } from 'typebox'
import { isProjectName, type confluentRoutes } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { confluentType } from '@plinth/service'
import type { FastifyReply } from 'fastify'
import { isSubjectName, readSubject } from '../registry/subject-name.ts'
import { refusal } from './errors.ts'

type Query = Static<typeof confluentRoutes.csrListSubjects.query>
export type CsrAsk<Body = unknown> = {
  who: Identity
  params: { context?: string; subject?: string; version?: string; id?: string; guid?: string }
  query: Query
  body: Body
  reply: FastifyReply
}
export type RegisterBody = Static<typeof confluentRoutes.csrRegister.body>
export type TagBody = Static<typeof confluentRoutes.csrTag.body>
export type ConfigBody = Static<typeof confluentRoutes.csrSetConfig.body>
export type ModeBody = Static<typeof confluentRoutes.csrSetMode.body>

/** The project that a credential belongs to: `sa:payments/x`, `job:payments/x`, `workload:payments/x`. */
export function homeOf(who: Identity): string | undefined {
  const [, project] = /^(?:sa|job|workload):([^/]+)\//.exec(who.subject) ?? []
  return project !== undefined && isProjectName(project) ? project : undefined
}

/** The context of the base URL, `payments` or `.payments`; nothing for `.`, which is the default one. */
export function contextOf({ params: { context } }: Pick<CsrAsk, 'params'>): string | undefined {
  if (context === undefined || context === '.') return undefined
  const project = context.startsWith('.') ? context.slice(1) : context
  if (!isProjectName(project))
    throw refusal(42208, `'${context.slice(0, 60)}' is no context; a context is the name of a project.`)
  return project
}

/** Whose an unqualified name is: the base URL's context, or the caller's own project. */
export const defaultProject = (ask: Pick<CsrAsk, 'params' | 'who'>): string | undefined =>
  contextOf(ask) ?? homeOf(ask.who)

/** A subject of the request, with the project that it names or that unqualified ones are of. */
export function subjectOf(
  ask: Pick<CsrAsk, 'params' | 'who'>,
  name: string,
): { project: string | undefined; subject: string } {
  const plain = name.startsWith(':.:') ? name.slice(3) : name
  const read = plain.includes('/') ? undefined : readSubject(plain)
  if (read === undefined || !isSubjectName(read.subject)) {
    throw refusal(
      42208,
      `The specified subject '${name.slice(0, 100)}' is not a valid subject: letters, digits, '.', '_' and '-', up to 200 of them, behind ':.<project>:' where need be.`,
    )
  }
  return { project: read.project ?? defaultProject(ask), subject: read.subject }
}

export const withoutContext = (subject: string): Error =>
  refusal(
    42208,
    `The specified subject '${subject}' is in no context: your credential belongs to no project. Write ':.<project>:${subject}', or give the client the base URL …/schema-registry/contexts/<project>.`,
  )

/** How a subject is written to this caller: bare in his own project, else with its context. */
export const shownName = (
  ask: Pick<CsrAsk, 'params' | 'who'>,
  { project, subject }: { project: string; subject: string },
): string => (contextOf(ask) === undefined && homeOf(ask.who) === project ? subject : `:.${project}:${subject}`)

const integerMax = 2_147_483_647

/** A version of a path: its number, or `latest` for that word and for -1. */
export function versionOf(text = ''): number | 'latest' {
  if (text === 'latest' || text === '-1') return 'latest'
  const version = Number(text)
  if (/^\d{1,10}$/.test(text) && version >= 1 && version <= integerMax) return version
  throw refusal(
    42202,
    `The specified version '${text}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  )
}

export function idOf(text = ''): number {
  const id = Number(text)
  if (/^\d{1,10}$/.test(text) && id <= integerMax) return id
  throw refusal(40403, `Schema ${text.slice(0, 20)} not found`)
}

/** Answers with text as it is: the raw routes do that themselves. */
export function sendText({ reply }: Pick<CsrAsk, 'reply'>, text: string | Buffer): void {
  void reply.header('content-type', confluentType).send(text)
}
