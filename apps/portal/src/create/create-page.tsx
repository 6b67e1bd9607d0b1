import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ask } from '../api/queries.ts'
import { buttonLook } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Load } from '../ui/load.tsx'
import { Page } from '../ui/page.tsx'
import { CreateForm } from './create-form.tsx'
import { Progress } from './progress.tsx'

/** Choose a template, say what is yours, see what will be made, watch it come up. Each step has its URL. */
export function CreatePage() {
  const { template: chosen, project, operation, component } = useSearch({ from: '/app/create' })
  const navigate = useNavigate({ from: '/create' })
  const templates = useQuery(ask('listTemplates', {}))
  if (operation !== undefined && project !== undefined && component !== undefined) {
    return (
      <Page
        title={`Creating ${component}`}
        lead={`In project ${project}. It goes on without this page; come back any time.`}
        cli={`plinth status ${project}/${component}`}
      >
        <Progress project={project} operation={operation} component={component} />
      </Page>
    )
  }
  const cli = `plinth create service ${project ?? 'my-project'}/my-component --template ${chosen ?? 'node-service'}`
  return (
    <Page
      title="Create"
      lead="From a template to a running service with its repository, pipeline, database and address."
      cli={cli}
    >
      <Load of={templates}>
        {({ items }) => {
          const template = items.find(({ name }) => name === chosen)
          if (template) {
            return (
              <CreateForm
                key={template.name}
                template={template}
                project={project}
                onStarted={(search) => void navigate({ search: { template: template.name, ...search } })}
              />
            )
          }
          if (items.length === 0)
            return (
              <Empty title="No template is installed">Templates come with the platform; ask whoever runs it.</Empty>
            )
          return (
            <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
              {items.map(({ name, title, description, tags }) => (
                <li
                  key={name}
                  className="relative flex flex-col rounded-md border border-line bg-surface p-5 hover:border-line-strong"
                >
                  <h2 className="text-lg font-semibold">{title}</h2>
                  <p className="mt-1 flex-1 text-quiet">{description}</p>
                  <p className="mt-3 text-xs text-quiet">{tags.join(' · ')}</p>
                  <Link
                    to="/create"
                    search={{ template: name, ...(project !== undefined && { project }) }}
                    className={`${buttonLook('plain')} mt-4 self-start after:absolute after:inset-0`}
                  >
                    Use {name}
                  </Link>
                </li>
              ))}
            </ul>
          )
        }}
      </Load>
    </Page>
  )
}
