import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Question } from '../../api/may.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { Tags } from '../shared/tags.tsx'

type Classification = Answer<'listSchemaClassifications'>['classifications'][number]
type Props = { project: string; needs: Question }

const listOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))]
const inWords = (names: readonly string[] | undefined, all: string): string =>
  names === undefined ? all : names.length === 0 ? 'nowhere' : names.join(', ')

function useSet(project: string, done: string, onDone: () => void) {
  const effects = { stale: ['listSchemaClassifications'], done, onDone, quiet: true } as const
  const set = useAction('setSchemaClassifications', effects)
  return { ...set, save: (classifications: Classification[]) => set.mutate({ params: { project }, body: { classifications } }) } // prettier-ignore
}

function NewClassification({
  project,
  all,
  onClose,
}: {
  project: string
  all: readonly Classification[]
  onClose: () => void
}) {
  // prettier-ignore
  const [tag, setTag] = useState('PII')
  const [description, setDescription] = useState('')
  const [environments, setEnvironments] = useState('')
  const [projects, setProjects] = useState('')
  const { save, isPending, error } = useSet(project, `${tag} is restricted`, onClose)
  return (
    <FormDialog
      title="Restrict where data may go"
      action="Restrict"
      busy={isPending}
      error={error}
      ready={tag.trim() !== ''}
      onClose={onClose}
      onSubmit={() =>
        save([
          ...all.filter((one) => one.tag !== tag.trim()),
          {
            tag: tag.trim(),
            description: description.trim(),
            ...(environments.trim() !== '' && { environments: listOf(environments) }),
            ...(projects.trim() !== '' && { projects: listOf(projects) }),
          },
        ])
      }
    >
      <TextField label="Tag" required value={tag} onChange={setTag} help="Of a subject or of one of its fields" />
      <TextField label="Why" value={description} onChange={setDescription} />
      <TextField label="Environments" value={environments} onChange={setEnvironments} placeholder="staging, production" help="In which such subjects may be written and read; all unless given" />
      <TextField label="Other projects" value={projects} onChange={setProjects} placeholder="risk, reporting" help="Whose components may write and read them; all unless given" />
    </FormDialog>
  ) // prettier-ignore
}

/** Where data with a tag may be written and read; the deployment gate keeps it. */
export function Classifications({ project, needs }: Props) {
  const found = useQuery(ask('listSchemaClassifications', { params: { project } }))
  const [adding, setAdding] = useState(false)
  const lift = useSet(project, 'The restriction is lifted', () => {})
  const all = found.data?.classifications ?? []
  return (
    <Section title="Where data may go" aside="The deployment gate refuses what these do not allow.">
      <Load of={found} lines={1}>
        {({ classifications }) =>
          classifications.length === 0 ? (
            <Empty title="Nothing is restricted">
              Say that subjects with personal data, tagged <code>PII</code>, may be written and read in production only.
            </Empty>
          ) : (
            <Card>
              <ul>
                {classifications.map(({ tag, description, environments, projects }) => (
                  <li
                    key={tag}
                    className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-3 last:border-0"
                  >
                    <div className="min-w-0 flex-1 basis-64">
                      <p className="flex flex-wrap items-center gap-2">
                        <Tags tags={[tag]} /> in {inWords(environments, 'all environments')}; by{' '}
                        {inWords(projects, 'all projects')}
                      </p>
                      {description !== '' && <p className="text-xs text-quiet">{description}</p>}
                    </div>
                    <MayButton
                      small
                      look="quiet"
                      needs={needs}
                      aria-label={`Lift the restriction of ${tag}`}
                      busy={lift.isPending}
                      onClick={() => lift.save(classifications.filter((one) => one.tag !== tag))}
                    >
                      Lift
                    </MayButton>
                  </li>
                ))}
              </ul>
            </Card>
          )
        }
      </Load>
      <div className="mt-3">
        <MayButton needs={needs} onClick={() => setAdding(true)}>
          <Icon name="plus" /> Restrict a tag
        </MayButton>
      </div>
      {adding && <NewClassification project={project} all={all} onClose={() => setAdding(false)} />}
    </Section>
  )
}
