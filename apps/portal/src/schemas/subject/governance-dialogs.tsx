import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { SuggestField, TextArea, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

type Governance = Answer<'getSubjectGovernance'>
type Props = { governed: Governance; onClose: () => void }

const stale = ['getSubjectGovernance', 'getSchemaDocumentation', 'searchProjectSchemas'] as const
export const tagsIn = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''))]

/** The owner, the description and the tags of the whole. */
export function AboutDialog({ governed, onClose }: Props) {
  const { project, subject } = governed
  const [owner, setOwner] = useState(governed.owner ?? '')
  const [description, setDescription] = useState(governed.description)
  const [tags, setTags] = useState(governed.tags.join(', '))
  const components = useQuery(ask('listComponents', { params: { project }, query: { limit: 200 } })).data?.items ?? []
  const update = useAction('updateSubjectGovernance', { stale, done: 'Saved', onDone: onClose, quiet: true })
  const body = { owner: owner.trim() === '' ? null : owner.trim(), description: description.trim(), tags: tagsIn(tags) }
  return (
    <FormDialog
      title={`About ${subject}`}
      action="Save"
      busy={update.isPending}
      error={update.error}
      onClose={onClose}
      onSubmit={() => update.mutate({ params: { project, subject }, body })}
    >
      <SuggestField
        label="Owner"
        value={owner}
        onChange={setOwner}
        help="A component of the catalog, or a group"
        placeholder={`component:${project}/ledger`}
        suggestions={components.map(({ name }) => `component:${project}/${name}`)}
      />
      <TextArea label="What it is" value={description} onChange={setDescription} rows={3} />
      <TextField label="Tags" value={tags} onChange={setTags} placeholder="PII, finance" />
    </FormDialog>
  )
}

/** Tags of one field at a time; what the schema itself says of its fields stays. */
export function FieldTagsDialog({ governed, onClose }: Props) {
  const { project, subject, fields } = governed
  const documented = useQuery(ask('getSchemaDocumentation', { params: { project, subject, version: 'latest' } })).data
  const [path, setPath] = useState(fields[0]?.path ?? '')
  const ownTags = (of: string): string[] => {
    const known = fields.find((field) => field.path === of)
    return known?.tags.filter((tag) => !known.written.includes(tag)) ?? []
  }
  const [tags, setTags] = useState(ownTags(path).join(', '))
  const set = useAction('setSubjectFieldTags', { stale, done: `${path} is tagged`, onDone: onClose, quiet: true })
  const others = fields.map((field) => field.path).filter((one) => one !== path)
  const all = [...others.map((one) => ({ path: one, tags: ownTags(one) })), { path, tags: tagsIn(tags) }]
  return (
    <FormDialog
      title="Tag a field"
      action="Save"
      ready={path !== ''}
      busy={set.isPending}
      error={set.error}
      onClose={onClose}
      onSubmit={() => set.mutate({ params: { project, subject }, body: { fields: all.filter((one) => one.tags.length > 0) } })}
    >
      <SuggestField
        label="Field"
        required
        value={path}
        onChange={(value) => {
          setPath(value)
          setTags(ownTags(value).join(', '))
        }}
        suggestions={(documented?.fields ?? []).map((field) => field.path)}
      />
      <TextField label="Tags" value={tags} onChange={setTags} placeholder="PII" help="None takes all of its tags away, but those in the schema itself" />
    </FormDialog>
  ) // prettier-ignore
}
