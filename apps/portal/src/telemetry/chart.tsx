import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { useColours } from '../shell/theme.ts'
import { colourOf, labelText, type Series, seriesText } from './series.ts'

export type DeployMarker = { at: number; text: string }
type Props = {
  name: string
  unit: string
  series: readonly Series[]
  markers: readonly DeployMarker[]
  /** What the time axis spans, up to now; without it two points a second apart would fill the whole width. */
  windowSeconds: number
}

const height = 180
const font = "11px 'Inter Variable', sans-serif"

/** uPlot wants one time axis for all: the union of the times, with a hole where a series has no point. */
function aligned(series: readonly Series[]): uPlot.AlignedData {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].toSorted((a, b) => a - b)
  const columns = series.map(({ points }) => {
    const known = new Map(points)
    return times.map((at) => known.get(at) ?? null)
  })
  return [times, ...columns]
}

/** Deployments as hairlines over the plot. */
function drawMarkers(chart: uPlot, markers: readonly DeployMarker[], colour: string): void {
  const { ctx, bbox } = chart
  const { min = 0, max = 0 } = chart.scales['x'] ?? {}
  ctx.save()
  ctx.strokeStyle = colour
  ctx.fillStyle = colour
  ctx.lineWidth = devicePixelRatio
  ctx.textAlign = 'left'
  ctx.font = `${10 * devicePixelRatio}px 'JetBrains Mono Variable', monospace`
  for (const { at, text } of markers) {
    if (at < min || at > max) continue
    const x = Math.round(chart.valToPos(at, 'x', true))
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.fillText(text, x + 4 * devicePixelRatio, bbox.top + 10 * devicePixelRatio)
  }
  ctx.restore()
}

function optionsOf({ unit, series, markers, windowSeconds }: Props, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = { stroke: colour('--quiet'), font, ticks: { show: false } } as const
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { y: false, points: { size: 5 } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 34 },
      {
        ...axis,
        grid: { stroke: colour('--line'), width: 1 },
        size: 64,
        space: 36,
        values: (_, ticks) => ticks.map((tick) => seriesText(tick, unit)),
      },
    ],
    scales: {
      x: { range: () => [Date.now() / 1000 - windowSeconds, Date.now() / 1000] },
      y: { range: (_, min, max) => [Math.min(0, min), max <= 0 ? 1 : max * 1.08] },
    },
    series: [
      {},
      ...series.map((one, index) => ({
        label: labelText(one),
        stroke: colour(colourOf(one, index)),
        width: 1.25,
        points: { show: one.points.length < 4, size: 4 },
      })),
    ],
    hooks: { draw: [(chart) => drawMarkers(chart, markers, colour('--quiet'))] },
  }
}

export function Chart(props: Props) {
  const { name, unit, series } = props
  const frame = useRef<HTMLDivElement>(null)
  const colours = useColours()
  useEffect(() => {
    const place = frame.current
    if (!place) return undefined
    const chart = new uPlot(optionsOf(props, place.clientWidth), aligned(series), place)
    const watch = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height }))
    watch.observe(place)
    return () => {
      watch.disconnect()
      chart.destroy()
    }
  }, [props, series, colours])
  const last = series.map((one) => `${labelText(one)} ${seriesText(one.points.at(-1)?.[1], unit)}`).join(', ')
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium">{name}</span>
        {series.map((one, index) => (
          <span key={labelText(one)} className="numeric inline-flex items-center gap-1.5 text-xs text-quiet">
            <svg width="10" height="3" aria-hidden="true">
              <rect width="10" height="2" style={{ fill: `var(${colourOf(one, index)})` }} />
            </svg>
            {labelText(one) === name ? '' : labelText(one)} {seriesText(one.points.at(-1)?.[1], unit)}
          </span>
        ))}
      </figcaption>
      <div ref={frame} role="img" aria-label={`${name}; now ${last}`} style={{ height }} />
    </figure>
  )
}
