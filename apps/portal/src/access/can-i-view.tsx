import { actions, objectKinds } from '@plinth/contracts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/queries.ts'
import { useCurrentProject } from '../shell/current-project.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Section } from '../ui/page.tsx'
import { StatusShape } from '../ui/status.tsx'

type Question = { action: (typeof actions)[number]; object: string; domain: string }

function Answered({ question }: { question: Question }) {
  const mine = useQuery(ask('canI', { body: { questions: [question] } }))
  const others = useQuery(ask('whoCan', { body: question }))
  const { action, object, domain } = question
  return (
    <>
      <Load of={mine} lines={1}>
        {({ items }) => {
          const answer = items[0]
          if (!answer) return null
          return (
            <Card className="flex items-start gap-3 p-4">
              <StatusShape tone={answer.allowed ? 'healthy' : 'failed'} size={18} className="mt-px" />
              <div role="status">
                <p className="font-medium">
                  {answer.allowed ? 'Yes' : 'No'}: {action} {object} in {domain === '*' ? 'the whole platform' : domain}
                </p>
                <p className="text-quiet">{answer.reason}</p>
                {answer.grant && (
                  <p className="text-quiet">
                    By the role <code>{answer.grant.role}</code> in <code>{answer.grant.domain}</code>.
                  </p>
                )}
              </div>
            </Card>
          )
        }}
      </Load>
      {others.isSuccess && (
        <Section title="Who can">
          {others.data.items.length === 0 ? (
            <p className="text-quiet">Nobody.</p>
          ) : (
            <ul className="flex flex-wrap gap-2">
              {others.data.items.map(({ subject }) => (
                <li key={subject}>
                  <code className="rounded-sm border border-line bg-surface px-2 py-1 text-xs">{subject}</code>
                </li>
              ))}
            </ul>
          )}
        </Section>
      )}
    </>
  )
}

export function CanIView() {
  const search = useSearch({ from: '/app/access/$view' })
  const navigate = useNavigate({ from: '/access/$view' })
  const project = useCurrentProject()
  const asked = actions.find((one) => one === search.action)
  const [action, setAction] = useState<string>(asked ?? 'approve')
  const [object, setObject] = useState(search.object ?? 'change-request')
  const [domain, setDomain] = useState(search.domain ?? '')
  const question =
    asked && search.object !== undefined && search.domain !== undefined
      ? { action: asked, object: search.object, domain: search.domain }
      : undefined
  return (
    <div className="max-w-2xl">
      <form
        className="mb-6 grid items-start gap-4 sm:grid-cols-[1fr_1.4fr_1.4fr_auto]"
        onSubmit={(event) => {
          event.preventDefault()
          void navigate({
            search: { action, object, domain: domain === '' ? (project ?? '*') : domain },
            replace: true,
          })
        }}
      >
        <SelectField
          label="May I"
          value={action}
          onChange={setAction}
          options={actions.map((one) => [one, one] as const)}
        />
        <SelectField
          label="a"
          value={object}
          onChange={setObject}
          options={[...new Set([object, ...objectKinds])].map((one) => [one, one] as const)}
        />
        <TextField
          label="in"
          value={domain}
          onChange={setDomain}
          placeholder={project ?? '*'}
          spellCheck={false}
          help="A project, project/environment, *"
        />
        <Button type="submit" look="primary" className="sm:mt-6">
          Ask
        </Button>
      </form>
      {question && <Answered question={question} />}
    </div>
  )
}
