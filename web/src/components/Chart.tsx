// SPDX-License-Identifier: MIT
/** Lines over numbers or time (uPlot), with a table of the same for those who cannot see them. */
import 'uplot/dist/uPlot.min.css';

import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';

import { useWords } from '../i18n';

export interface Line {
    label: string;
    color: string;
    values: (number | null)[];
    dashed?: boolean;
    fill?: boolean;
}

interface Props {
    title: string;
    x: number[];
    lines: Line[];
    isTime?: boolean;
    format: (value: number) => string;
    formatX?: (value: number) => string;
    xLabel?: string;
    height?: number;
    mark?: number;
    range?: [number, number];
    onPick?: (x: number) => void;
}

export const palette = {
    light: [
        '#3b5bdb',
        '#0b7a43',
        '#c2570c',
        '#9c36b5',
        '#0c8599',
        '#a61e4d',
        '#5c940d',
        '#495057',
        '#846358',
    ],
    dark: [
        '#91a7ff',
        '#69db7c',
        '#ffa94d',
        '#e599f7',
        '#66d9e8',
        '#faa2c1',
        '#c0eb75',
        '#ced4da',
        '#d9b8a8',
    ],
};

export function usePalette(): string[] {
    return palette[useComputedColorScheme('light')];
}

export function Chart(props: Props) {
    const {
        title,
        x,
        lines,
        isTime,
        format,
        formatX,
        xLabel,
        height = 240,
        mark,
        range,
        onPick,
    } = props;
    const holder = useRef<HTMLDivElement>(null);
    const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
    const { language, t, tick, dateTime } = useWords();
    const xName = xLabel ?? t('when');
    const showX = formatX ?? ((v: number) => dateTime(new Date(v * 1000).toISOString()));
    const pick = useRef(onPick);
    useEffect(() => {
        pick.current = onPick;
    });

    useEffect(() => {
        const element = holder.current;
        if (!element) return;
        const ink = scheme === 'dark' ? '#a7aeb6' : '#565e66';
        const grid = { stroke: scheme === 'dark' ? '#2b3037' : '#e9ecef', width: 1 };
        const font = '12px system-ui, "DejaVu Sans", sans-serif';
        const plot = new UPlot(
            {
                width: element.clientWidth || 400,
                height,
                cursor: { y: false, drag: { x: false, y: false } },
                scales: {
                    x: { time: isTime ?? false },
                    y: range ? { range } : { range: (_u, _a, b) => [0, b > 0 ? b * 1.08 : 1] },
                },
                axes: [
                    {
                        stroke: ink,
                        grid,
                        ticks: grid,
                        font,
                        values: (_u, v, _axis, _space, step) =>
                            v.map((at) => formatX?.(at) ?? tick(at * 1000, step)),
                    },
                    {
                        stroke: ink,
                        grid,
                        ticks: grid,
                        font,
                        size: 62,
                        values: (_u, v) => v.map(format),
                    },
                ],
                series: [
                    {
                        label: xName,
                        value: (_u: UPlot, v: number | null) => (v === null ? '–' : showX(v)),
                    },
                    ...lines.map((l) => ({
                        label: l.label,
                        stroke: l.color,
                        width: 2,
                        ...(l.dashed ? { dash: [6, 4] } : {}),
                        ...(l.fill ? { fill: `${l.color}33` } : {}),
                        points: { show: x.length < 40, size: 5 },
                        spanGaps: false,
                        value: (_u: UPlot, v: number | null) => (v === null ? '–' : format(v)),
                    })),
                ],
                hooks: {
                    draw: [
                        (u) => {
                            if (mark === undefined) return;
                            const at = u.valToPos(mark, 'x', true);
                            u.ctx.save();
                            u.ctx.strokeStyle = ink;
                            u.ctx.lineWidth = 2;
                            u.ctx.setLineDash([4, 4]);
                            u.ctx.beginPath();
                            u.ctx.moveTo(at, u.bbox.top);
                            u.ctx.lineTo(at, u.bbox.top + u.bbox.height);
                            u.ctx.stroke();
                            u.ctx.restore();
                        },
                    ],
                    ready: [
                        (u) => {
                            const move = (event: PointerEvent) => {
                                if (event.type === 'pointermove' && event.buttons !== 1) return;
                                const box = u.over.getBoundingClientRect();
                                pick.current?.(u.posToVal(event.clientX - box.left, 'x'));
                            };
                            u.over.addEventListener('pointerdown', move);
                            u.over.addEventListener('pointermove', move);
                        },
                    ],
                },
            },
            [x, ...lines.map((l) => l.values)],
            element,
        );
        const observer = new ResizeObserver(() =>
            plot.setSize({ width: element.clientWidth || 400, height }),
        );
        observer.observe(element);
        return () => {
            observer.disconnect();
            plot.destroy();
        };
        // The formats change with the language only.
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [x, lines, scheme, height, mark, isTime, language]);

    const step = Math.max(1, Math.ceil(x.length / 12));
    const rows = x.map((_, i) => i).filter((i) => i % step === 0);
    return (
        <figure style={{ margin: 0 }}>
            <div
                ref={holder}
                className="chart"
                aria-hidden
                style={onPick ? { cursor: 'ew-resize' } : {}}
            />
            {/* A table does not get narrower than its words. */}
            <div className="sr">
                <table>
                    <caption>{title}</caption>
                    <thead>
                        <tr>
                            <th>{xName}</th>
                            {lines.map((l) => (
                                <th key={l.label}>{l.label}</th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map((i) => (
                            <tr key={i}>
                                <td>{showX(x[i] ?? 0)}</td>
                                {lines.map((l) => (
                                    <td key={l.label}>
                                        {l.values[i] == null ? '–' : format(l.values[i])}
                                    </td>
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </figure>
    );
}
