import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import { ask } from '../api/queries.ts'
import { DeliveryLine, ShortLine } from '../delivery/delivery-line.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { Load } from '../ui/load.tsx'
import { Menu } from '../ui/menu.tsx'
import { Card, Page } from '../ui/page.tsx'
import { StatusShape } from '../ui/status.tsx'
import { type Tab, TabLinks } from '../ui/tabs.tsx'

function ComponentMenu({ project, component }: { project: string; component: string }) {
  const [deleting, setDeleting] = useState(false)
  const navigate = useNavigate()
  const run = useAction('createPipeline', {
    done: ({ number }) => `Pipeline #${number} runs`,
    stale: ['listPipelines', 'getDeliveryLine'],
    onDone: ({ id }) =>
      void navigate({ to: '/projects/$project/pipelines/$pipeline', params: { project, pipeline: id } }),
  })
  const remove = useAction('deleteComponent', {
    done: `${component} is being removed; its repository is kept`,
    stale: ['listCatalog', 'listComponents'],
    onDone: () => void navigate({ to: '/projects/$project', params: { project } }),
  })
  const items = [
    {
      text: 'Run the pipeline',
      onSelect: () => run.mutate({ params: { project, repository: component }, body: { ref: 'main' } }),
    },
    { text: 'Delete…', danger: true, onSelect: () => setDeleting(true) },
  ]
  const trigger = (
    <Button aria-label={`Actions for ${component}`}>
      <Icon name="more" />
    </Button>
  )
  return (
    <>
      <Menu label={`Actions for ${component}`} trigger={trigger} items={items} />
      {deleting && (
        <Confirm
          title={`Delete ${component}?`}
          action="Delete"
          typeName={component}
          busy={remove.isPending}
          onClose={() => setDeleting(false)}
          onConfirm={() => remove.mutate({ params: { project, component } })}
        >
          Its workloads, databases and catalog entry go, in every environment. The repository is kept, archived.
        </Confirm>
      )}
    </>
  )
}

const commands: Readonly<Record<string, (target: string) => string>> = {
  overview: (target) => `plinth status ${target}`,
  pipelines: (target) => `plinth pipeline list ${target}`,
  telemetry: (target) => `plinth logs ${target} -f\nplinth traces ${target}`,
  resources: (target) => `plinth workloads --in ${target.split('/')[0] ?? ''}/development`,
  syncs: (target) => `plinth history ${target} --in development`,
}
const commandOf = (tab: string, target: string): string => (commands[tab] ?? commands['overview'])?.(target) ?? ''

const base = '/projects/$project/components/$component'
const tabsOf = (params: { project: string; component: string }): readonly Tab[] => [
  { text: 'Overview', link: { to: base, params }, exact: true },
  { text: 'Pipelines', link: { to: `${base}/pipelines`, params } },
  { text: 'Telemetry', link: { to: `${base}/telemetry`, params } },
  { text: 'Environments', link: { to: `${base}/resources`, params } },
  { text: 'Syncs', link: { to: `${base}/syncs`, params } },
]

/** How is it? The line on every tab, in full on the first; the tabs say the rest. */
export function ComponentPage() {
  const { project, component } = useParams({ from: '/app/projects/$project/components/$component' })
  const params = { project, component }
  const about = useQuery(ask('getComponent', { params }))
  const line = useQuery(ask('getDeliveryLine', { params }))
  const data = about.data
  const tab = useLocation({
    select: ({ pathname }) => /\/components\/[^/]+\/([a-z]+)/.exec(pathname)?.[1] ?? 'overview',
  })
  const lead = data && (
    <>
      {data.description !== '' && <>{data.description} · </>}
      owned by{' '}
      <Link
        to="/catalog"
        search={{ owner: data.owner }}
        className="underline decoration-line-strong underline-offset-2 hover:text-ink"
      >
        {data.owner.replace(/^(user|group):/, '')}
      </Link>
      {data.template !== undefined && <> · {data.template}</>}
    </>
  )
  const heading = (
    <span className="flex items-center gap-2">
      {component}
      {data?.state !== undefined && data.state !== 'ready' && (
        <span className="flex items-center gap-1 text-base font-normal text-quiet">
          <StatusShape tone={data.state === 'failed' ? 'failed' : 'progressing'} /> {data.state}
        </span>
      )}
    </span>
  )
  return (
    <Page
      title={component}
      heading={heading}
      lead={lead}
      cli={commandOf(tab, `${project}/${component}`)}
      actions={<ComponentMenu project={project} component={component} />}
    >
      <Card className="mb-5 p-5">
        <Load of={line} lines={2}>
          {(line) => (tab === 'overview' ? <DeliveryLine line={line} /> : <ShortLine line={line} />)}
        </Load>
      </Card>
      <TabLinks label={component} tabs={tabsOf(params)} />
      <Outlet />
    </Page>
  )
}
