// SPDX-License-Identifier: MIT
import prettier from 'eslint-config-prettier';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
    { ignores: ['dist', 'src/api/schema.ts'] },
    ...ts.configs.strict,
    a11y.flatConfigs.recommended,
    {
        plugins: { 'react-hooks': hooks },
        rules: {
            ...hooks.configs.recommended.rules,
            // What scrolls must be reachable by keyboard.
            'jsx-a11y/no-noninteractive-tabindex': ['error', { roles: ['region'], tags: [] }],
            'no-restricted-properties': [
                'error',
                { property: 'dangerouslySetInnerHTML', message: 'Text is rendered as text.' },
                { property: 'innerHTML', message: 'Text is rendered as text.' },
            ],
            'no-restricted-syntax': [
                'error',
                {
                    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
                    message: 'Text is rendered as text.',
                },
            ],
        },
    },
    prettier,
);
