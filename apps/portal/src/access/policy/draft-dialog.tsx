import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'

const titleMin = 3

type Props = { csv: string; draft: Answer<'getChangeSet'> | undefined; onClose: () => void }

/** Gives the edited text a name, as a draft that others can look at. */
export function DraftDialog({ csv, draft, onClose }: Props) {
  const navigate = useNavigate()
  const [title, setTitle] = useState(draft?.title ?? '')
  const [description, setDescription] = useState(draft?.description ?? '')
  const open = ({ id }: { id: string }): void =>
    void navigate({ to: '/access/changes/$changeSet', params: { changeSet: id } })
  const stale = ['listChangeSets', 'getChangeSet', 'impactOfChangeSet'] as const
  const create = useAction('createChangeSet', { quiet: true, stale, onDone: open })
  const update = useAction('updateChangeSet', { quiet: true, stale, onDone: open })
  const error = create.error ?? update.error
  return (
    <Dialog title={draft ? 'Save the change set' : 'Draft a change'} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (draft) update.mutate({ params: { changeSet: draft.id }, body: { title, description, csv } })
          else create.mutate({ body: { title, csv, ...(description !== '' && { description }) } })
        }}
      >
        <p className="text-sm text-quiet">
          Nothing is in force yet: next you see its impact, and who has to approve it.
        </p>
        <TextField
          label="Title"
          required
          value={title}
          onChange={setTitle}
          placeholder="Let QA deploy to staging"
          autoFocus
        />
        <TextArea label="Why" rows={3} value={description} onChange={setDescription} />
        {error !== null && <ProblemView error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            disabled={title.trim().length < titleMin}
            busy={create.isPending || update.isPending}
          >
            {draft ? 'Save' : 'Draft it'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
