const COLUMNS = 'status, generated_image_url, error_message';
/** A late answer must not turn the screen back. */
const ORDER = { queued: 0, processing: 1, completed: 2, failed: 2 };
/** Begins to watch; the returned function ends it, and so does a final status. */
export function watchTryOn(supabase, { table = 'generation_sessions', sessionId, onChange, pollEveryMs = 5000 }) {
    let reached = -1;
    const stop = () => {
        reached = Number.POSITIVE_INFINITY;
        clearInterval(poll);
        void supabase.removeChannel(channel);
    };
    const see = ({ status, generated_image_url, error_message }) => {
        const order = ORDER[status] ?? 0;
        if (order <= reached)
            return;
        reached = order;
        onChange({ status, generated_image_url, error_message });
        if (order === ORDER.completed)
            stop();
    };
    const read = async () => {
        const { data } = await supabase.from(table).select(COLUMNS).eq('id', sessionId).maybeSingle();
        if (data !== null)
            see(data);
    };
    const channel = supabase
        .channel(`try-on-${sessionId}`)
        .on('postgres_changes', { event: 'UPDATE', schema: 'public', table, filter: `id=eq.${sessionId}` }, (change) => see(change.new))
        // What changed before the subscription stood is read once it stands.
        .subscribe(() => void read());
    const poll = setInterval(() => void read(), pollEveryMs);
    return stop;
}
