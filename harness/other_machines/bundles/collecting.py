"""A bundle that came back: checked, its cases scored or held to fp32, and timed, each with its verdict."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.details import BundleDetail, FailedDetail
from harness.domain.measurements import Measurement, Origin, Provenance
from harness.domain.metrics import Metric
from harness.domain.models import Weights
from harness.errors import BadInput, MachineError, UsageError, ZoocheckError
from harness.other_machines import importing
from harness.other_machines.bundles import manifest, unscored
from harness.other_machines.bundles.manifest import LOGS, Bundle, BundledCase
from harness.other_machines.bundles.scoring import PROTOCOL, Scorer
from harness.other_machines.bundles.steps import Ran
from harness.other_machines.foreign import Choice, ForeignLog
from harness.other_machines.unlike import differences
from harness.running.materials import Materials
from harness.running.progress import Progress
from harness.running.recording import record
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Result, Store
from harness.tables import cases, references
from harness.tasks.layouts.files import listed
from harness.toolchains import loading
from harness.toolchains.script import BUILD, INFERENCE, PROFILE
from harness.tools import parsers
from harness.verdicts import plain, stats, throughputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a bundle came to: a result for every claim, and what is wrong with the files that were sent."""

    results: tuple[Result, ...]
    faults: Mapping[str, str]
    simulated: bool
    unproved: str  # why nothing says that bundle.json is as it was written; empty where its checksum does

    @property
    def bad(self) -> list[Result]:
        """The results that are not good."""
        return [item for item in self.results if item.verdict is None or not item.verdict.kind.good]

    @property
    def machine_only(self) -> bool:
        """Whether whatever went wrong is the machine's fault."""
        return all(item.measurement.detail.get("machine") for item in self.bad)


class Collector:
    """Records what one bundle's folder holds, in one run of a store."""

    def __init__(self, catalog: Catalog, home: Home, store: Store, run: str, progress: Progress) -> None:
        self._catalog = catalog
        self._home = home
        self._store = store
        self._run = run
        self._progress = progress
        self._scorer = Scorer(catalog, home, progress)

    def collect(self, folder: Path) -> Collected:
        """Check every file, then score and time every case; one case's fault does not stop the others.

        Raises `BadInput` for a folder that is no bundle and `NotYet` for a case that cannot be bundled; then
        nothing is recorded.
        """
        read = manifest.read(folder)
        bundle = read.bundle
        ran = [self._ran(folder, item) for item in bundle.cases]
        faults = manifest.changed(bundle, folder)
        simulated = any(item.simulated for item in ran)
        results = []
        for item in ran:
            self._keep_logs(item)
            carried = _Carried(
                ran=item, bundle=bundle, digest=read.digest, run=self._run, simulated=simulated
            )
            wrong = {name: why for name, why in faults.items() if manifest.concerns(item.bundled, name)}
            first = (Kind.ACCURACY, self._accuracy)
            if item.bundled.data is Corpus.SEEDED:
                first = (Kind.CONFORMANCE, self._parity)
            for kind, claim in (first, (Kind.THROUGHPUT, self._throughput)):
                results.append(self._result(carried, kind, wrong, claim))
        return Collected(results=tuple(results), faults=faults, simulated=simulated, unproved=read.unproved)

    def _ran(self, folder: Path, item: BundledCase) -> Ran:
        case = cases.named(self._catalog, item.id)
        stated = (item.model, item.chip, item.precision, item.batch_size)
        named = (case.model.name, case.chip.name, case.precision.value, case.batch_size)
        if stated != named:
            raise BadInput(
                f"{item.id}: found model, chip, precision and batch size {stated}, expected {named}",
                path=folder / manifest.NAME, remedy="bring the folder back as `zoocheck bundle` wrote it",
            )  # fmt: skip
        return Ran(case=case, bundled=item, folder=folder / item.id, bundling=loading.bundling(case))

    def _keep_logs(self, ran: Ran) -> None:
        """Logs stay when the folder goes."""
        kept = self._home.work / self._run / f"{ran.case.id}-bundle"
        kept.mkdir(parents=True, exist_ok=True)
        for step in ran.bundled.steps:
            for name in (step.log, step.status):
                if (ran.folder / LOGS / name).is_file():
                    shutil.copyfile(ran.folder / LOGS / name, kept / name)

    def _result(
        self,
        carried: _Carried,
        kind: Kind,
        wrong: Mapping[str, str],
        claim: Callable[[_Carried], Result],
    ) -> Result:
        case = carried.ran.case
        try:
            if wrong:
                told = listed([f"{name} ({why})" for name, why in wrong.items()])
                raise BadInput(
                    f"{len(wrong)} files of the bundle differ from those that were written: {told}",
                    path=case.id, remedy="unpack the bundle anew and run it again",
                )  # fmt: skip
            return claim(carried)
        except ZoocheckError as problem:
            metric = {Kind.ACCURACY: case.model.metric, Kind.THROUGHPUT: Metric.THROUGHPUT}.get(kind)
            failed = FailedDetail(error=type(problem).__name__, machine=isinstance(problem, MachineError))
            found = carried.measurement(kind, detail=failed.stored())
            said = str(problem) if str(problem).startswith(case.id) else f"{case.id}: {problem}"
            reference = None if metric is None else references.for_case(self._catalog, case, metric)
            return record(self._store, found, lambda: plain.error(said, reference))

    def _accuracy(self, carried: _Carried) -> Result:
        ran = carried.ran
        ran.require((BUILD, INFERENCE))
        ran.require_card()
        judged = self._scorer.score(ran)
        scored = judged.scored
        found = carried.measurement(
            Kind.ACCURACY,
            detail=judged.detail,
            metrics={str(name): value for name, value in scored.metrics.items()},
            samples=scored.samples,
            raw=scored.raw,
            intervals={
                str(name): stats.wilson(count, scored.samples) for name, count in scored.correct.items()
            },
        )
        return record(self._store, found, lambda: judged.verdict)

    def _parity(self, carried: _Carried) -> Result:
        """Contract and parity with fp32, of a case that has no score."""
        ran = carried.ran
        ran.require((BUILD, INFERENCE))
        ran.require_card()
        options = Options(weights=ran.bundled.weights.value)
        materials = Materials(self._catalog, self._home, options, self._progress)
        measured = unscored.held(materials, ran)
        found = carried.measurement(Kind.CONFORMANCE, detail=measured.detail, samples=measured.samples)
        return record(self._store, found, measured.judged)

    def _throughput(self, carried: _Carried) -> Result:
        ran, case = carried.ran, carried.ran.case
        ran.require((BUILD, PROFILE))
        ran.require_card()
        log = _throughput_log(ran)
        reference = references.for_case(self._catalog, case, Metric.THROUGHPUT)
        why_not = "; ".join(differences(log))
        made = importing.measurement(log, self._run, carried.origin)
        own = carried.measurement(
            Kind.THROUGHPUT, detail=made.detail, metrics=made.metrics, samples=made.samples
        )
        machine = made.provenance.machine if log.run.device_name else own.provenance.machine
        versions = {**own.provenance.versions, **made.provenance.versions}
        provenance = replace(own.provenance, machine=machine, versions=versions)
        return record(
            self._store,
            replace(own, provenance=provenance),
            lambda: throughputs.judge_throughput(
                case,
                log.samples_per_s,
                reference,
                carried.origin,
                why_not,
                devices=log.run.devices,
                document=references.document(self._catalog, case.model, reference),
            ),
        )


def _throughput_log(ran: Ran) -> ForeignLog:
    """The vendor's tool's own log, held to the case as `zoocheck import-log` holds it."""
    steps = ran.of(PROFILE)
    if not steps:
        raise UsageError(f"{ran.case.id}: the bundle has no step `{PROFILE}`")
    path = ran.log(steps[0])
    run = parsers.parse(path.read_bytes(), name=path.name, tool=ran.bundled.throughput_tool).chosen()
    told = None if run.batch_size is not None else ran.case.batch_size  # then the command fixed it
    log = importing.read(ran.case, path, Choice(batch_size=told))
    if log.run.devices is None:  # and the device
        log = replace(log, run=replace(log.run, devices=1))
    mini = ran.bundled.weights is Weights.MINI
    return replace(log, unlike=("mini weights: another architecture",)) if mini else log


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    """One case of a bundle, and what its results have in common."""

    ran: Ran
    bundle: Bundle
    digest: str  # of bundle.json, which has every file's
    run: str
    simulated: bool

    @property
    def origin(self) -> Origin:
        return Origin.SIMULATED if self.simulated else Origin.IMPORTED

    def measurement(self, kind: Kind, *, detail: Mapping[str, Any], **measured: Any) -> Measurement:
        """A row of the store; `measured` are its metrics, samples, raw numbers and intervals."""
        case, bundled = self.ran.case, self.ran.bundled
        common = BundleDetail(
            bundle_sha256=self.digest,
            bundle_written=self.bundle.created,
            graph_sha256=self.bundle.files.get(bundled.graph, "not told"),
            commands=tuple(self.ran.recorded()),
        )
        return Measurement(
            id=str(uuid.uuid4()), run=self.run, created=datetime.now(UTC).isoformat(), case=case.id,
            kind=kind, origin=self.origin,
            provenance=Provenance(
                target="simulated" if self.simulated else "chip",
                weights=bundled.weights, weights_sha256=bundled.weights_sha256,
                data=bundled.data, data_sha256=bundled.data_sha256,
                protocol=PROTOCOL if kind is Kind.ACCURACY else None, limit=bundled.limit, artifact=None,
                backend=case.runtime,
                machine={"measured_on": self.ran.card() or "a machine that no log names"},
                versions={"zoocheck": __version__, "zoocheck of the bundle": self.bundle.zoocheck},
                git_revision=self.bundle.git_revision,
            ),
            metrics=measured.get("metrics", {}), samples=measured.get("samples", 0),
            intervals=measured.get("intervals", {}), stages_s={}, raw=measured.get("raw", {}),
            detail={**detail, **common.stored()},
        )  # fmt: skip
