// SPDX-License-Identifier: MIT
import { useCallback, useEffect, useRef } from 'react';

/** The same function at every drawing, so that who was given it is not drawn anew; it does what `act` of
 *  the latest drawing does. Not to be called while drawing. */
export function useStable<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
    const latest = useRef(act);
    useEffect(() => {
        latest.current = act;
    });
    return useCallback((...args: A) => latest.current(...args), []);
}
