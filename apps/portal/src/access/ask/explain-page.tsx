import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Question } from '../../api/may.ts'
import { ask } from '../../api/queries.ts'
import { useViewedAs } from '../../api/view-as.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { SuggestField } from '../../ui/field.tsx'
import { Load } from '../../ui/load.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import {
  type Asked,
  CircumstanceFields,
  circumstancesOf,
  QuestionFields,
  questionOf,
} from '../shared/question-fields.tsx'
import { useNames } from '../shared/use-names.ts'
import { VerdictView } from './verdict-view.tsx'

type Circumstances = { at?: string; address?: string }
type AnsweredProps = { question: Question; subject: string; me: string; circumstances: Circumstances }

function Answered({ question, subject, me, circumstances }: AnsweredProps) {
  const mine = subject === me
  const answer = useQuery(ask('explainAccess', { body: { ...question, ...(!mine && { subject }), ...circumstances } }))
  return (
    <Load of={answer}>
      {(known) => <VerdictView answer={known} subject={subject} mine={mine} question={question} />}
    </Load>
  )
}

/** A `Z` time of a link as the field shows it: the reader's own. */
const localOf = (at: string | undefined): string => {
  const time = Date.parse(at ?? '')
  if (Number.isNaN(time)) return ''
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)
}

function Form({ me }: { me: string | undefined }) {
  const search = useSearch({ from: '/app/access/explain' })
  const navigate = useNavigate({ from: '/access/explain' })
  const viewed = useViewedAs()
  const names = useNames()
  const [who, setWho] = useState(search.subject ?? viewed ?? '')
  const [asked, setAsked] = useState<Asked>({
    action: search.action ?? 'deploy',
    object: search.object ?? 'application',
    domain: search.domain ?? '',
    at: localOf(search.at),
    address: search.address ?? '',
  })
  return (
    <form
      className="mb-6 grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-[1.3fr_0.8fr_1.2fr_1.2fr]"
      onSubmit={(event) => {
        event.preventDefault()
        const { at, address } = circumstancesOf(asked)
        void navigate({
          search: {
            ...(who !== '' && { subject: who }),
            action: asked.action,
            object: asked.object,
            domain: asked.domain,
            ...(at !== undefined && { at }),
            ...(address !== undefined && { address }),
          },
        })
      }}
    >
      <SuggestField
        label="Who"
        value={who}
        onChange={setWho}
        suggestions={names.subjects}
        placeholder={me ?? 'user:ana'}
        help="Yourself, when empty"
      />
      <QuestionFields value={asked} onChange={setAsked} />
      <CircumstanceFields value={asked} onChange={setAsked} />
      <div className="sm:pt-[24px]">
        <Button type="submit" look="primary">
          Explain
        </Button>
      </div>
    </form>
  )
}

export function ExplainPage() {
  const search = useSearch({ from: '/app/access/explain' })
  const me = useQuery(ask('getMe', {})).data?.subject
  const question = questionOf(search)
  const command = question
    ? `plinth access explain ${question.action} ${question.object} --in ${question.domain}${search.subject === undefined ? '' : ` --as ${search.subject}`}`
    : 'plinth access explain deploy application/ledger --in payments/production'
  return (
    <AccessPage
      title="Explain"
      lead="Why may, or may not, somebody do this: the verdict, and the path that leads to it."
      cli={command}
    >
      <Form me={me} />
      {question && me !== undefined ? (
        <Answered question={question} subject={search.subject ?? me} me={me} circumstances={circumstancesOf(search)} />
      ) : (
        <Empty title="Ask about anybody and anything">
          May <code>user:dev</code> <code>deploy</code> <code>application/ledger</code> in{' '}
          <code>payments/production</code>, next Sunday, from the office network? The answer shows every rule that
          speaks.
        </Empty>
      )}
    </AccessPage>
  )
}
