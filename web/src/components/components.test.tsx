// SPDX-License-Identifier: MIT
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';

import { makeQueryClient, Providers } from '../App';
import { Problem } from '../api/problem';
import { SignIn } from '../pages/SignIn';
import { FieldCard } from './FieldCard';
import { Highlighted } from './Highlighted';
import { Failure } from './States';

const shown = (what: React.ReactNode) =>
    render(<Providers queries={makeQueryClient()}>{what}</Providers>);
const evil = '<img src=x onerror="alert(1)"> & <b>bold</b>';

const prediction = {
    label: evil,
    confidence: 0.8,
    decision: 'review' as const,
    threshold: 0.9,
    alternatives: [
        { label: 'Access', confidence: 0.15 },
        { label: 'Storage', confidence: 0.05 },
    ],
};

function card(props: Partial<Parameters<typeof FieldCard>[0]> = {}) {
    const onChoose = vi.fn();
    shown(
        <FieldCard
            name="category"
            prediction={prediction}
            labels={[evil, 'Access', 'Storage', 'Purchase']}
            isActive
            chosen={null}
            isSaving={false}
            mayCorrect
            onActivate={() => undefined}
            onChoose={onChoose}
            {...props}
        />,
    );
    return onChoose;
}

describe('markup', () => {
    it('in a ticket is text', () => {
        const { container } = shown(
            <Highlighted text={evil} terms={[{ term: 'img', weight: 1 }]} />,
        );
        expect(container.querySelector('img, b')).toBeNull();
        expect(container.textContent).toContain(evil);
    });
    it('in a label is text', () => {
        card();
        expect(document.querySelector('section img, section b')).toBeNull();
        expect(screen.getAllByText(evil).length).toBeGreaterThan(0);
    });
});

describe('FieldCard', () => {
    it('gives the label that was clicked', async () => {
        const onChoose = card();
        await userEvent.click(screen.getByRole('button', { name: /^Correct to Access/ }));
        expect(onChoose).toHaveBeenCalledExactlyOnceWith('category', 'Access');
    });
    it('has no way to correct for those who may not', async () => {
        const onChoose = card({ mayCorrect: false });
        const choice = screen.getByRole('button', { name: /^Correct to Access/ });
        await userEvent.click(choice);
        expect(choice).toHaveProperty('disabled', true);
        expect(onChoose).not.toHaveBeenCalled();
        expect(screen.queryByRole('textbox')).toBeNull();
    });
    it('says how sure it is', () => {
        card();
        const meter = screen.getByRole('meter', { name: 'Confidence in Access' });
        expect(meter.getAttribute('aria-valuenow')).toBe('15');
    });
});

it('a failure says why, and tries again', async () => {
    const again = vi.fn();
    shown(<Failure error={new Problem(422, 'the text is empty')} again={again} />);
    expect(screen.getByRole('alert').textContent).toContain('the text is empty');
    await userEvent.click(screen.getByRole('button'));
    expect(again).toHaveBeenCalledOnce();
});

it('an answer that never came is told apart from a refusal', () => {
    shown(<Failure error={new Problem(0, 'fetch failed')} />);
    expect(screen.getByRole('alert').textContent).toContain('The server does not answer');
});

it('a key is handed over without blanks, and never shown', async () => {
    const enter = vi.fn();
    shown(<SignIn problem={new Problem(401, 'no')} enter={enter} />);
    const input = screen.getByLabelText('Key');
    expect(input.getAttribute('type')).toBe('password');
    await userEvent.type(input, ' tri_x {Enter}');
    expect(enter).toHaveBeenCalledExactlyOnceWith('tri_x');
    expect(screen.getByText('This key is not known')).toBeDefined();
});
