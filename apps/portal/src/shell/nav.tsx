import { Link, type LinkProps, useNavigate } from '@tanstack/react-router'
import { type Question, useMay } from '../api/may.ts'
import { useViewedAs } from '../api/view-as.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { useCurrentProject, useProjects } from './current-project.ts'
import { Mark } from './mark.tsx'

type Item = {
  text: string
  icon: IconName
  link: LinkProps
  exact?: boolean
  keys?: string
  /** What the platform asks for to show it; looked at while the portal is seen as somebody else. */
  needs?: Question
}

function Entry({ item: { text, icon, link, exact = false, keys, needs } }: { item: Item }) {
  const as = useViewedAs()
  const { allowed } = useMay(as === undefined ? undefined : needs)
  return (
    <Link
      {...link}
      activeOptions={{ exact, includeSearch: false }}
      className="group flex h-8 items-center gap-2.5 rounded-md px-2 text-quiet hover:bg-sunken hover:text-ink"
      activeProps={{ className: 'bg-accent-soft! text-ink! font-medium' }}
    >
      <Icon name={allowed ? icon : 'lock'} />
      <span className="flex-1">
        {text}
        {!allowed && <span className="sr-only">, not theirs to open</span>}
      </span>
      {keys !== undefined && (
        <kbd className="hidden text-xs text-quiet group-hover:inline group-focus-visible:inline">{keys}</kbd>
      )}
    </Link>
  )
}

function Items({ items }: { items: readonly Item[] }) {
  return (
    <ul className="flex flex-col gap-px">
      {items.map((item) => (
        <li key={item.text}>
          <Entry item={item} />
        </li>
      ))}
    </ul>
  )
}

const general: readonly Item[] = [
  { text: 'Home', icon: 'home', link: { to: '/' }, exact: true, keys: 'g h' },
  { text: 'Catalog', icon: 'catalog', link: { to: '/catalog' }, keys: 'g c' },
  { text: 'Create', icon: 'plus', link: { to: '/create' }, keys: 'g n' },
  { text: 'Projects', icon: 'projects', link: { to: '/projects' }, exact: true, keys: 'g p' },
]

const inProject = (project: string): readonly Item[] => [
  {
    text: 'Components',
    icon: 'catalog',
    link: { to: '/projects/$project', params: { project } },
    exact: true,
    keys: 'g o',
    needs: { action: 'list', object: 'component', domain: project },
  },
  {
    text: 'Pipelines',
    icon: 'pipelines',
    link: { to: '/projects/$project/pipelines', params: { project } },
    keys: 'g l',
    needs: { action: 'list', object: 'pipeline', domain: project },
  },
  {
    text: 'Change requests',
    icon: 'changes',
    link: { to: '/projects/$project/change-requests', params: { project } },
    keys: 'g r',
    needs: { action: 'list', object: 'change-request', domain: project },
  },
  {
    text: 'Environments',
    icon: 'environments',
    link: { to: '/projects/$project/environments', params: { project } },
    keys: 'g e',
    needs: { action: 'list', object: 'environment', domain: project },
  },
  {
    text: 'Schemas',
    icon: 'schemas',
    link: { to: '/projects/$project/schemas', params: { project } },
    keys: 'g s',
    needs: { action: 'list', object: 'schema', domain: project },
  },
]

const platform: readonly Item[] = [{ text: 'Access', icon: 'access', link: { to: '/access' }, keys: 'g a' }]

function ProjectSwitch({ project }: { project: string }) {
  const navigate = useNavigate()
  const projects = useProjects().data?.items ?? [{ name: project }]
  return (
    <select
      aria-label="Project"
      value={project}
      onChange={(event) => void navigate({ to: '/projects/$project', params: { project: event.target.value } })}
      className="mb-1 h-8 w-full rounded-md border border-line bg-surface px-2 text-sm font-medium"
    >
      {projects.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  )
}

const Brand = () => (
  <Link to="/" className="-mx-1 flex h-8 items-center gap-2 px-3 text-accent">
    <Mark />
    <span className="font-semibold tracking-tight text-ink">Plinth</span>
  </Link>
)

export function Nav({ brand = false }: { brand?: boolean }) {
  const project = useCurrentProject()
  return (
    <nav aria-label="Main" className={`flex flex-col gap-6 px-3 pb-3 ${brand ? 'pt-2' : 'pt-3'}`}>
      {brand && <Brand />}
      <Items items={general} />
      {project !== undefined && (
        <div>
          <ProjectSwitch project={project} />
          <Items items={inProject(project)} />
        </div>
      )}
      <Items items={platform} />
    </nav>
  )
}
