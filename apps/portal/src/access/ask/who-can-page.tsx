import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Question } from '../../api/may.ts'
import { ask } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { Subject } from '../../ui/names.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { StatusShape } from '../../ui/status.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import {
  type Asked,
  CircumstanceFields,
  circumstancesOf,
  QuestionFields,
  questionOf,
} from '../shared/question-fields.tsx'

type Circumstances = { at?: string; address?: string }
const groups = [
  ['user', 'People'],
  ['group', 'Groups'],
  ['role', 'Roles'],
  ['sa', 'Service accounts'],
  ['job', 'Jobs'],
] as const

function Answered({ question, circumstances }: { question: Question; circumstances: Circumstances }) {
  const answer = useQuery(ask('whoCan', { body: { ...question, ...circumstances } }))
  return (
    <Load of={answer}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nobody">No rule allows it to anybody, or a deny stands over all of them.</Empty>
        ) : (
          <>
            {groups.map(([kind, title]) => {
              const found = items.filter(({ subject }) => subject.startsWith(`${kind}:`))
              if (found.length === 0) return null
              return (
                <Section key={kind} title={title} aside={found.length}>
                  <Card>
                    <ul className="grid sm:grid-cols-2 xl:grid-cols-3">
                      {found.map(({ subject, conditional }) => (
                        <li key={subject} className="flex min-h-10 items-center gap-2 px-4 py-1.5">
                          <StatusShape tone={conditional === true ? 'degraded' : 'healthy'} size={10} />
                          <span className="min-w-0 flex-1">
                            <Subject value={subject} bare link />
                            {conditional === true && (
                              <span className="text-xs text-quiet"> while its conditions hold</span>
                            )}
                          </span>
                          <Link
                            to="/access/explain"
                            search={{ subject, ...question }}
                            className="text-xs text-quiet hover:text-accent hover:underline"
                            aria-label={`Why ${subject}?`}
                          >
                            why?
                          </Link>
                        </li>
                      ))}
                    </ul>
                  </Card>
                </Section>
              )
            })}
          </>
        )
      }
    </Load>
  )
}

export function WhoCanPage() {
  const search = useSearch({ from: '/app/access/who-can' })
  const navigate = useNavigate({ from: '/access/who-can' })
  const [asked, setAsked] = useState<Asked>({
    action: search.action ?? 'deploy',
    object: search.object ?? 'application',
    domain: search.domain ?? '',
    at: '',
    address: search.address ?? '',
  })
  const question = questionOf(search)
  return (
    <AccessPage
      title="Who can"
      lead="Everybody who may do a thing, now or when their conditions hold."
      cli={`plinth access who-can ${question ? `${question.action} ${question.object} --in ${question.domain}` : 'deploy application --in payments/production'}`}
      needs={{ action: 'list', object: 'binding', domain: '*' }}
    >
      <form
        className="mb-6 grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-[1fr_1fr_1fr_1fr_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault()
          const { action, object, domain } = asked
          void navigate({ search: { action, object, domain, ...circumstancesOf(asked) } })
        }}
      >
        <QuestionFields value={asked} onChange={setAsked} />
        <CircumstanceFields value={asked} onChange={setAsked} />
        <div className="sm:pt-[24px]">
          <Button type="submit" look="primary">
            Who can?
          </Button>
        </div>
      </form>
      {question ? (
        <Answered question={question} circumstances={circumstancesOf(search)} />
      ) : (
        <Empty title="Turn the question round">
          Who may <code>approve</code> a <code>change-request</code> in <code>payments/production</code>? People, groups
          and programs, each with its why.
        </Empty>
      )}
    </AccessPage>
  )
}
