import type { actions } from '@plinth/contracts'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { type Answer, call } from './plinth.ts'
import { useViewedAs } from './view-as.ts'

export type Action = (typeof actions)[number]
export type Question = { action: Action; object: string; domain: string }
type Verdict = Answer<'canI'>['items'][number]

type Waiting = { question: Question; resolve: (verdict: Verdict) => void; reject: (error: unknown) => void }

/** What the contract takes in one call. */
const questionsMax = 200
let waiting: Waiting[] = []

async function askAll(asked: readonly Waiting[]): Promise<void> {
  try {
    const { items } = await call('canI', { body: { questions: asked.map(({ question }) => question) } })
    for (const [index, { resolve, reject }] of asked.entries()) {
      const verdict = items[index]
      if (verdict) resolve(verdict)
      else reject(new Error('The platform left a question unanswered.'))
    }
  } catch (error) {
    for (const { reject } of asked) reject(error)
  }
}

function flush(): void {
  const all = waiting
  waiting = []
  for (let from = 0; from < all.length; from += questionsMax) void askAll(all.slice(from, from + questionsMax))
}

/** A page asks for each of its buttons; what is asked in one turn goes in one request. */
const judged = (question: Question): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    if (waiting.length === 0) setTimeout(flush, 0)
    waiting.push({ question, resolve, reject })
  })

/** The key begins with the operation, so that a change of the policy makes it stale like any other answer. */
export const askMay = (question: Question, as: string | undefined) =>
  queryOptions({
    queryKey: ['canI', as ?? null, question.action, question.object, question.domain] as const,
    queryFn: () => judged(question),
    staleTime: 60_000,
  })

export type May = { known: boolean; allowed: boolean; reason: string; grant?: { role: string; domain: string } }
const yes: May = { known: true, allowed: true, reason: '' }

/** May whoever looks do this? While it is not known the answer is yes: the platform decides in the end anyway. */
export function useMay(question: Question | undefined): May {
  const as = useViewedAs()
  const asked = useQuery({
    ...askMay(question ?? { action: 'get', object: 'project', domain: '*' }, as),
    enabled: question !== undefined,
  })
  if (question === undefined) return yes
  if (asked.data === undefined) return { ...yes, known: false }
  const { allowed, reason, grant } = asked.data
  return { known: true, allowed, reason, ...(grant && { grant }) }
}
