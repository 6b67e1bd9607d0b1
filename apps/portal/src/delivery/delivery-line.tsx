import { Link } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { Hash } from '../ui/copy.tsx'
import { StatusShape } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { type Line, nextFor, type Station, stationsOf } from './stations.ts'
import { PromoteButton } from './promote-button.tsx'

const railLook = { done: 'bg-accent', moving: 'hairline-travel', behind: 'hairline-dashed' } as const
const downLook = { done: 'bg-accent', moving: 'bg-progressing', behind: 'vertical-dashed' } as const

/** The piece of line that leads from this station to the next. */
const Rail = ({ to }: { to: Station }) => (
  <span aria-hidden="true" className={clsx('h-0.5 flex-1 rounded-full', railLook[to.reached])} />
)

const title = (station: Station) =>
  station.link ? (
    <Link {...station.link} className="font-medium hover:text-accent">
      {station.title}
    </Link>
  ) : (
    <span className="font-medium">{station.title}</span>
  )

function Waiting({ line, environment }: { line: Line; environment: string }) {
  const waiting = line.waiting.filter((one) => one.environment === environment)
  return waiting.map(({ project, number, state }) => (
    <Link
      key={number}
      to="/projects/$project/environments/$environment/promotions/$number"
      params={{ project, environment, number: String(number) }}
      className="flex items-center gap-1.5 text-sm text-accent hover:underline"
    >
      <StatusShape tone="waiting" /> #{number} {state === 'open' ? 'waits for approval' : state}
    </Link>
  ))
}

function StationText({ line, station }: { line: Line; station: Station }) {
  const { application } = station
  const next = application && nextFor(line, application)
  return (
    <div className="min-w-0 pr-3 text-sm">
      <p className="flex flex-wrap items-baseline gap-x-1.5">
        {station.revision !== undefined && <Hash value={station.revision} />}
        <span className={station.revision === undefined ? 'text-quiet' : ''}>{station.state}</span>
      </p>
      {station.since !== undefined && (
        <p className="text-quiet">
          {application ? <Ago at={station.since} prefix="live for " bare /> : <Ago at={station.since} />}
        </p>
      )}
      {station.notes.map((note) => (
        <p key={note} className="line-clamp-2 text-quiet" title={note}>
          {note}
        </p>
      ))}
      {application && (
        <div className="mt-1 flex flex-col items-start gap-1">
          {application.url !== undefined && application.liveRevision !== undefined && (
            <a href={application.url} className="max-w-full truncate text-accent hover:underline" rel="noreferrer">
              Open<span className="sr-only"> {application.environment}</span>
            </a>
          )}
          <Waiting line={line} environment={application.environment} />
          {next && <PromoteButton from={application} to={next} />}
        </div>
      )}
    </div>
  )
}

/** The whole line with everything that each station knows; stands upright where there is no room. */
export function DeliveryLine({ line }: { line: Line }) {
  const stations = stationsOf(line)
  return (
    <div className="@container">
      <ol
        aria-label={`Delivery line of ${line.component}`}
        className="flex flex-col @2xl:grid @2xl:auto-cols-fr @2xl:grid-flow-col"
      >
        {stations.map((station, index) => {
          const after = stations[index + 1]
          return (
            <li key={station.key} className="relative flex gap-3 pb-5 last:pb-0 @2xl:block @2xl:pb-0">
              <div className="flex flex-col items-center gap-1 pt-0.5 @2xl:hidden">
                <StatusShape tone={station.tone} size={16} />
                {after && (
                  <span aria-hidden="true" className={clsx('w-0.5 flex-1 rounded-full', downLook[after.reached])} />
                )}
              </div>
              <div className="min-w-0 flex-1">
                <p className="@2xl:mb-1.5">{title(station)}</p>
                <div className="mb-1.5 hidden h-4 items-center gap-2 pr-2 @2xl:flex">
                  <StatusShape tone={station.tone} size={16} />
                  {after && <Rail to={after} />}
                </div>
                <StationText line={line} station={station} />
              </div>
            </li>
          )
        })}
      </ol>
    </div>
  )
}

/** The same line as one row among many. */
export function ShortLine({ line }: { line: Line }) {
  const stations = stationsOf(line)
  return (
    <ol aria-label={`Delivery line of ${line.component}`} className="grid auto-cols-fr grid-flow-col">
      {stations.map((station, index) => {
        const after = stations[index + 1]
        return (
          <li key={station.key} className={clsx('min-w-0', !after && 'sm:max-w-32')}>
            <div className="flex h-4 items-center gap-1.5 pr-1.5">
              <StatusShape tone={station.tone} />
              {after && <Rail to={after} />}
            </div>
            <p className="mt-1 truncate pr-1 text-[11px] leading-4 text-quiet sm:text-xs">{station.title} </p>
            <p className="truncate text-xs" title={`${station.title}: ${station.state}`}>
              {station.revision === undefined ? (
                <span className="text-quiet">–</span>
              ) : (
                <Hash value={station.revision} length={6} />
              )}
              <span className="sr-only">{station.state}</span>
              <span aria-hidden="true" className="hidden text-quiet md:inline">
                {' '}
                {station.state}
              </span>
            </p>
          </li>
        )
      })}
    </ol>
  )
}
