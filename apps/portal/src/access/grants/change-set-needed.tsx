import { useNavigate } from '@tanstack/react-router'
import { useAction } from '../../api/actions.ts'
import type { Input } from '../../api/plinth.ts'
import { problemOf } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'

type Edit = NonNullable<Input<'createChangeSet'>['body']['edit']>

/** Where changes need approval, a refused one goes on as a draft with one press. */
export function ChangeSetNeeded({ error, title, edit }: { error: unknown; title: string; edit: Edit }) {
  const navigate = useNavigate()
  const draft = useAction('createChangeSet', {
    stale: ['listChangeSets'],
    onDone: ({ id }) => void navigate({ to: '/access/changes/$changeSet', params: { changeSet: id } }),
  })
  return (
    <div className="flex flex-col gap-2">
      <ProblemView error={error} />
      {problemOf(error).code === 'authorization.change_set_needed' && (
        <div>
          <Button look="primary" busy={draft.isPending} onClick={() => draft.mutate({ body: { title, edit } })}>
            Draft it as a change set
          </Button>
        </div>
      )}
    </div>
  )
}
