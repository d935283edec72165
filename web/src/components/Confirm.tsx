// SPDX-License-Identifier: MIT
/** Asks before something that changes what others see. */
import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';

import { useWords } from '../i18n';

interface Props {
    title: string;
    text: string;
    action: string;
    isDangerous?: boolean;
    withReason?: boolean;
    onClose: () => void;
    onConfirm: (reason: string) => Promise<unknown>;
}

export function Confirm(props: Props) {
    const { t } = useWords();
    const [reason, setReason] = useState('');
    const [isBusy, setBusy] = useState(false);
    const [problem, setProblem] = useState<string | null>(null);
    const confirm = () => {
        setBusy(true);
        props
            .onConfirm(reason.trim())
            .then(props.onClose)
            .catch((fault: unknown) => {
                setProblem(fault instanceof Error ? fault.message : String(fault));
                setBusy(false);
            });
    };
    return (
        <Modal
            opened
            onClose={props.onClose}
            title={props.title}
            centered
            closeButtonProps={{ 'aria-label': t('close') }}
        >
            <Stack gap="md">
                <Text fz="sm">{props.text}</Text>
                {props.withReason && (
                    <Textarea
                        label={t('reason')}
                        placeholder={t('reason.hint')}
                        maxLength={500}
                        value={reason}
                        onChange={(e) => setReason(e.currentTarget.value)}
                        data-autofocus
                    />
                )}
                {problem && <Alert color="red">{problem}</Alert>}
                <Group justify="flex-end">
                    <Button variant="default" onClick={props.onClose}>
                        {t('cancel')}
                    </Button>
                    <Button
                        color={props.isDangerous ? 'red' : undefined}
                        loading={isBusy}
                        onClick={confirm}
                    >
                        {props.action}
                    </Button>
                </Group>
            </Stack>
        </Modal>
    );
}
