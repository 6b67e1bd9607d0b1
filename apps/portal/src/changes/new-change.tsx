import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { ProblemView } from '../ui/problem-view.tsx'

/** Asks for a branch to be merged into the default branch. */
export function NewChange({ project, onClose }: { project: string; onClose: () => void }) {
  const repositories =
    useQuery(ask('listRepositories', { params: { project }, query: { limit: 200 } })).data?.items ?? []
  const [chosen, setRepository] = useState('')
  const [branch, setBranch] = useState('')
  const [title, setTitle] = useState('')
  const repository = repositories.find(({ name }) => name === chosen) ?? repositories[0]
  const branches =
    useQuery({
      ...ask('listBranches', { params: { project, repository: repository?.name ?? '' } }),
      enabled: repository !== undefined,
    }).data?.items ?? []
  const sources = branches.filter(({ name }) => name !== repository?.defaultBranch)
  const source = sources.find(({ name }) => name === branch)?.name ?? sources[0]?.name
  const navigate = useNavigate()
  const create = useAction('createChangeRequest', {
    quiet: true,
    stale: ['listChangeRequests', 'getDeliveryLine'],
    onDone: ({ repository, number }) =>
      void navigate({
        to: '/projects/$project/repositories/$repository/change-requests/$number',
        params: { project, repository, number: String(number) },
      }),
  })
  return (
    <Dialog title="New change request" onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (repository && source !== undefined)
            create.mutate({ params: { project, repository: repository.name }, body: { sourceBranch: source, title } })
        }}
      >
        <SelectField
          label="Repository"
          required
          value={repository?.name ?? ''}
          onChange={setRepository}
          options={repositories.map(({ name }) => [name, name] as const)}
        />
        <SelectField
          label="Branch"
          required
          value={source ?? ''}
          onChange={setBranch}
          options={sources.map(({ name }) => [name, name] as const)}
          help={
            sources.length === 0
              ? 'There is no branch besides the default one. Push one first: git push origin my-branch'
              : `Goes into ${repository?.defaultBranch ?? 'main'}`
          }
        />
        <TextField label="Title" required value={title} onChange={setTitle} help="What changes, in a line" />
        {create.isError && <ProblemView error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={source === undefined || title === ''}>
            Open it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
