import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { type Answer, call } from '../api/plinth.ts'
import { problemOf } from '../api/problem.ts'
import { useProjects, useCurrentProject } from '../shell/current-project.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { PlanView } from '../changes/plan-view.tsx'
import { fieldsOf, parametersOf, problemWith, startValues } from './schema-fields.ts'
import { SchemaForm } from './schema-form.tsx'

type Template = Answer<'listTemplates'>['items'][number]
type Started = { project: string; component: string; operation: string }
type Props = { template: Template; project: string | undefined; onStarted: (search: Started) => void }

const namePattern = /^[a-z](?:[a-z0-9-]*[a-z0-9])$/

/** The platform names a parameter by a JSON pointer; the form shows the problem at its field. */
const byField = (error: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    problemOf(error).errors.map(({ path, message }) => [path.replace(/^\/?(?:body\/)?(?:parameters\/)?/, ''), message]),
  )

function usePlanAndCreate(onStarted: Props['onStarted']) {
  type Want = {
    project: string
    body: { name: string; template: string; description?: string; parameters: Record<string, unknown> }
  }
  const plan = useMutation({
    mutationFn: ({ project, body }: Want) => call('planComponent', { params: { project }, body }),
  })
  const create = useMutation({
    mutationFn: ({ project, body, idempotencyKey }: Want & { idempotencyKey: string }) =>
      call('createComponent', { params: { project }, body, idempotencyKey }),
    onSuccess: ({ id }, { project, body }) => onStarted({ project, component: body.name, operation: id }),
  })
  return { plan, create }
}

export function CreateForm({ template, project: given, onStarted }: Props) {
  const fields = useMemo(() => fieldsOf(template.parameters), [template])
  const projects = useProjects().data?.items ?? []
  const current = useCurrentProject()
  const [chosen, setProject] = useState(given)
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [values, setValues] = useState(() => startValues(fields))
  // One key for one filled form: pressing twice creates once.
  const [idempotencyKey] = useState(() => crypto.randomUUID())
  const { plan, create } = usePlanAndCreate(onStarted)
  const project = chosen ?? current ?? ''
  const body = {
    name,
    template: template.name,
    ...(description !== '' && { description }),
    parameters: parametersOf(fields, values),
  }
  const changed =
    <T,>(set: (value: T) => void) =>
    (value: T): void => {
      plan.reset()
      create.reset()
      set(value)
    }
  const nameProblem =
    name !== '' && !namePattern.test(name) ? 'Lower-case letters, digits and hyphens; starts with a letter' : undefined
  const complete =
    name.length >= 2 &&
    nameProblem === undefined &&
    project !== '' &&
    fields.every((field) => problemWith(field, values[field.name] ?? '') === undefined)
  const problems = byField(plan.error ?? create.error)
  const failed = plan.error ?? create.error
  return (
    <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          if (complete) plan.mutate({ project, body })
        }}
      >
        <p className="text-quiet">
          <span className="font-medium text-ink">{template.title}.</span> {template.description}{' '}
          <Link
            to="/create"
            search={given === undefined ? {} : { project: given }}
            className="text-accent underline underline-offset-2"
          >
            Another template
          </Link>
        </p>
        <SelectField
          label="Project"
          required
          value={project}
          onChange={changed(setProject)}
          options={projects.map((one) => [one.name, one.name] as const)}
        />
        <TextField
          label="Name"
          required
          value={name}
          onChange={changed(setName)}
          spellCheck={false}
          autoComplete="off"
          error={problems['name'] ?? nameProblem}
          help={`Also its repository and its address: ${name || 'name'}.development.${project || 'project'}.localhost`}
        />
        {!fields.some((field) => field.name === 'description') && (
          <TextField
            label="Description"
            value={description}
            onChange={changed(setDescription)}
            help="One line for whoever finds it in the catalog"
          />
        )}
        <SchemaForm fields={fields} values={values} onChange={changed(setValues)} problems={problems} />
        <div>
          <Button type="submit" look={plan.isSuccess ? 'plain' : 'primary'} disabled={!complete} busy={plan.isPending}>
            Show the plan
          </Button>
        </div>
      </form>
      <section aria-label="Plan" aria-live="polite" className="lg:sticky lg:top-16">
        <h2 className="mb-2 text-lg font-semibold">What will be made</h2>
        {failed && <ProblemView error={failed} />}
        {!plan.isSuccess && !failed && (
          <Card className="p-4 text-quiet">
            The plan comes before the button: every file, resource and workload, and whether the policy lets you.
            Nothing is made yet.
          </Card>
        )}
        {plan.isSuccess && !create.isError && (
          <>
            <PlanView changes={plan.data.changes} />
            <details className="mt-3 rounded-md border border-line bg-surface px-4 py-2">
              <summary className="text-sm">{plan.data.files.length} files in the new repository</summary>
              <ul className="mt-2 columns-2 pb-1 font-mono text-xs">
                {plan.data.files.map((file) => (
                  <li key={file} className="truncate" title={file}>
                    {file}
                  </li>
                ))}
              </ul>
            </details>
            <Button
              look="primary"
              className="mt-4"
              busy={create.isPending}
              onClick={() => create.mutate({ project, body, idempotencyKey })}
            >
              Create {name}
            </Button>
          </>
        )}
      </section>
    </div>
  )
}
