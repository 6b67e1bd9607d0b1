import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Card } from '../../ui/page.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { NewConstraint } from './new-constraint.tsx'

type Constraint = Answer<'listConstraints'>['items'][number]

const short = (role: string): string => role.replace(/^role:/, '')

function Says({ constraint: { kind, roles, max } }: { constraint: Constraint }) {
  const [first = '', second = ''] = roles
  const role = (name: string) => (
    <code key={name} className="rounded-sm border border-line bg-ground px-1.5 text-xs">
      {short(name)}
    </code>
  )
  if (kind === 'sod')
    return (
      <>
        Nobody holds both {role(first)} and {role(second)}
      </>
    )
  if (kind === 'rolePre')
    return (
      <>
        Whoever holds {role(first)} holds {role(second)} too
      </>
    )
  if (kind === 'roleMax')
    return (
      <>
        At most {max} subjects hold {role(first)}
      </>
    )
  return (
    <>
      Nobody holds more than {max} of {roles.flatMap((name, index) => [index > 0 && ' ', role(name)])}
    </>
  )
}

function Lift({ constraint }: { constraint: Constraint }) {
  const [asking, setAsking] = useState(false)
  const stale = ['listConstraints'] as const
  const back = useAction('createConstraint', { stale, done: 'It holds again' })
  const { id, kind, roles, max, description } = constraint
  const lift = useAction('deleteConstraint', {
    stale,
    done: 'The constraint is lifted',
    onDone: () => setAsking(false),
    undo: () =>
      back.mutate({
        body: {
          kind,
          roles,
          ...(max !== undefined && { max }),
          ...(description !== '' && { description }),
        },
      }),
  })
  return (
    <>
      <MayButton
        small
        look="quiet"
        needs={{ action: 'update', object: 'policy', domain: '*' }}
        aria-label={`Lift: ${kind} ${roles.map(short).join(', ')}`}
        onClick={() => setAsking(true)}
      >
        Lift
      </MayButton>
      {asking && (
        <Confirm
          title="Lift this constraint?"
          action="Lift it"
          busy={lift.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => lift.mutate({ params: { constraint: id } })}
        >
          From then on bindings may join what it kept apart. What is bound meanwhile stays bound.
        </Confirm>
      )}
    </>
  )
}

export function ConstraintsPage() {
  const constraints = useQuery(ask('listConstraints', {}))
  const [creating, setCreating] = useState(false)
  const create = (
    <MayButton
      look="primary"
      needs={{ action: 'update', object: 'policy', domain: '*' }}
      onClick={() => setCreating(true)}
    >
      <Icon name="plus" /> New constraint
    </MayButton>
  )
  return (
    <AccessPage
      title="Separation of duties"
      lead="What no binding may bring together; whoever tries is told which constraint stands against it."
      cli={'plinth constraint list\nplinth constraint create sod deployer auditor'}
      needs={{ action: 'list', object: 'policy', domain: '*' }}
      actions={create}
    >
      <Load of={constraints}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No constraint yet">
              Keep apart who asks and who checks: nobody holds both <code>deployer</code> and <code>auditor</code> in
              the same project.
            </Empty>
          ) : (
            <Card>
              <ul>
                {items.map((constraint) => (
                  <li
                    key={constraint.id}
                    className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-3 last:border-0"
                  >
                    <div className="min-w-0 flex-1 basis-64">
                      <p>
                        <Says constraint={constraint} />
                      </p>
                      <p className="text-xs text-quiet">
                        {constraint.description !== '' && `${constraint.description} · `}
                        {constraint.createdBy.replace(/^user:/, '')} · <Ago at={constraint.createdAt} />
                      </p>
                    </div>
                    <Lift constraint={constraint} />
                  </li>
                ))}
              </ul>
            </Card>
          )
        }
      </Load>
      {creating && <NewConstraint onClose={() => setCreating(false)} />}
    </AccessPage>
  )
}
