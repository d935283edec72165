// SPDX-License-Identifier: MIT
/** A share as a bar, with a mark where something changes. */
interface Props {
    value: number;
    label: string;
    mark?: number | null;
    tone?: 'auto' | 'review' | 'plain';
}

export function Meter({ value, label, mark, tone = 'plain' }: Props) {
    const percent = `${Math.min(100, Math.max(0, value * 100))}%`;
    return (
        <div
            className={`meter ${tone}`}
            role="meter"
            aria-label={label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(value * 1000) / 10}
        >
            <span className="fill" style={{ width: percent }} />
            {mark !== null && mark !== undefined && mark <= 1 && (
                <span className="mark" style={{ left: `calc(${mark * 100}% - 1px)` }} />
            )}
        </div>
    );
}
