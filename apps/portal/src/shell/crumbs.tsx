import { Link, type LinkProps, useParams, useRouterState } from '@tanstack/react-router'

type Crumb = { text: string; link: LinkProps }

function useCrumbs(): readonly Crumb[] {
  const { project, component, environment, pipeline, repository, number, subject, traceId, changeSet } = useParams({
    strict: false,
  })
  const path = useRouterState({ select: ({ location }) => location.pathname })
  if (path.startsWith('/access')) {
    const access: Crumb = { text: 'access', link: { to: '/access' } }
    return changeSet === undefined ? [access] : [access, { text: 'change sets', link: { to: '/access/changes' } }]
  }
  if (project === undefined) return []
  const crumbs: Crumb[] = [{ text: project, link: { to: '/projects/$project', params: { project } } }]
  if (component !== undefined)
    crumbs.push({
      text: component,
      link: { to: '/projects/$project/components/$component', params: { project, component } },
    })
  if (pipeline !== undefined)
    crumbs.push({ text: 'pipelines', link: { to: '/projects/$project/pipelines', params: { project } } })
  if (environment !== undefined)
    crumbs.push({
      text: environment,
      link: { to: '/projects/$project/environments/$environment', params: { project, environment } },
    })
  if (repository !== undefined || number !== undefined)
    crumbs.push({ text: 'change requests', link: { to: '/projects/$project/change-requests', params: { project } } })
  if (subject !== undefined)
    crumbs.push({ text: 'schemas', link: { to: '/projects/$project/schemas', params: { project } } })
  if (traceId !== undefined)
    crumbs.push({ text: 'trace', link: { to: '/projects/$project/traces/$traceId', params: { project, traceId } } })
  return crumbs
}

/** Where I am, as links up. */
export function Crumbs() {
  const crumbs = useCrumbs()
  if (crumbs.length === 0) return <span className="flex-1" />
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0 flex-1">
      <ol className="flex min-w-0 items-center gap-1.5 text-sm text-quiet">
        {crumbs.map(({ text, link }, index) => (
          <li key={text} className="flex min-w-0 items-center gap-1.5">
            {index > 0 && <span aria-hidden="true">/</span>}
            <Link {...link} className="truncate hover:text-ink">
              {text}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  )
}
