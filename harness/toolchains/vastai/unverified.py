"""What is taken for granted of Vastai's tools and nobody could verify; `zoocheck doctor` prints it."""

# What no public material says, so that it is our reading until somebody runs it on a card.
UNVERIFIED: tuple[str, ...] = (
    "`vamc --version`: no page of the zoo has it, and of vamp only the manual of 2.5; where it fails, the "
    "version is recorded as not told, and a new compiler's artifacts are not told from an old one's",
    "the compiler's own version (1.5 of the README), which no documented command prints: whether it takes "
    "three inputs or six is asked of the compiled set (`input_count` of vaststreamx' Model)",
    "relative paths in the YAML (checkpoint, dataset.path): the zoo's are absolute, but for its workspace",
    "names and dtype in the calibration's npz files: here those of the YAML's frontend, int64 "
    "[1, length]; the zoo's own are not public",
    "where below workspace.path the set lies: looked for by its name, mod, and found in exactly one place",
    "which of ids, token types and mask BERT_EMBEDDING_OP takes where: fed as vsx_ner.py's files are",
    "batch sizes above 1: the set is compiled at one sample and loaded by vsx.Model(prefix, batch size), "
    "as the zoo does for other models",
    "the set's own names and dtypes, which vaststreamx' wrappers do not show: no contract is checked",
    "what `vasmi` prints: no output of it is public, so the card's name is not read and any card is taken",
)
