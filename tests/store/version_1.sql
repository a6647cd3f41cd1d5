BEGIN TRANSACTION;
CREATE TABLE measurements (
	number INTEGER NOT NULL, 
	id VARCHAR(255) NOT NULL, 
	run VARCHAR(255) NOT NULL, 
	created VARCHAR(255) NOT NULL, 
	"case" VARCHAR(255) NOT NULL, 
	kind VARCHAR(255) NOT NULL, 
	origin VARCHAR(255) NOT NULL, 
	target VARCHAR(255) NOT NULL, 
	weights VARCHAR(255) NOT NULL, 
	weights_sha256 VARCHAR(255) NOT NULL, 
	data VARCHAR(255), 
	data_sha256 VARCHAR(255), 
	protocol VARCHAR(255), 
	"limit" INTEGER, 
	artifact VARCHAR(255), 
	backend VARCHAR(255) NOT NULL, 
	git_revision VARCHAR(255), 
	samples INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	intervals JSON NOT NULL, 
	stages_s JSON NOT NULL, 
	detail JSON NOT NULL, 
	machine JSON NOT NULL, 
	versions JSON NOT NULL, 
	raw BLOB NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
INSERT INTO "measurements" VALUES(1,'0001','run-1','2026-01-31T12:00:00+00:00','tinybert-ascend310p-bs8','accuracy','stand-in','stand-in','mini','abababababababababababababababababababababababababababababababab','full','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','documented',NULL,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','onnxruntime',NULL,872,'{"accuracy": 0.8004587155963303}','{"accuracy": {"low": 0.30000000000000004, "high": 0.3333333333333333, "confidence": 0.95}}','{"build": 12.25, "tiny": 1e-320, "zero": -0.0}','{"flips": 3, "\u6587": "\u65e0 it''s", "nul": "a\u0000b", "shared": null}','{"cpu": "x", "host_id": "0123456789ab", "load_average": [0.1, 0.2]}','{"numpy": "2.4.6"}',X'789CAB562A284A4DC94C2EC9CCCF2B56B28A36D031D4318CAD0500641B07BD');
INSERT INTO "measurements" VALUES(2,'0002','run-1','2026-01-31T12:00:00+00:00','tinybert-ascend310p-bs8','throughput','stand-in','stand-in','mini','abababababababababababababababababababababababababababababababab',NULL,NULL,NULL,5,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','onnxruntime',NULL,872,'{"throughput": 5871.86}','{}','{"build": 12.25, "tiny": 1e-320, "zero": -0.0}','{"flips": 3, "\u6587": "\u65e0 it''s", "nul": "a\u0000b", "shared": null}','{"cpu": "x", "host_id": "0123456789ab", "load_average": [0.1, 0.2]}','{"numpy": "2.4.6"}',X'789C25954D8E64370C83EF32EB2C2CC9D64FAE12048320E8C50083DE747683B97B48AA364DD4ABF7D9A645F6AF6F3FFFF9EFE3F3DF1F1F5FDF3FBFBEFDF997BDA3CF1F14353614F63A9AC2A35E518465A5C4BC7914B79E5D8AF76E0445463CA728F33209F044EEB223F28049B21D9F4BB2D9E94C89AE26D93CEB906C71D349B6EBEF92CC65D324B041922DD38764ABEB2672BB85C873CE13796A8A643FAF8764FCA28D6477AB7089C947B24E4CB2DF779B647F710FC99E165E12E39764AFB214B971469127CE21197FC65DA2FB922C0B490EBC5C2447F81B92B1000E20D137488E97F1488EBC5E2447B98DC87DCC44EEC6BD50F04E48BE273A49BE66D52D31754806259DE40BEE25F95EF84BF285D31D12D83DC9D81F9CA1E0258BDC719EC873A6449EEE211917DF46327E5A4132DCCC47320EFF2A24FA0EC940636F149C1A925FBA5F9261BB654B340686A2F31C9127C649CE637DAFC454929C56D924A7F32905C79064AC746324261EC9F90A574681CB1E92B3C24CE4B61322E3584FE4C92E92318D18640ACE35C9E5076327D1B08602F79424176C6D920BA37448C6A5E384128D0D51E0AB14B9635A640645E4C11724F7A952065BDBA6F078CA60875D65106F5F65B061BC32D8F05E19EC0C530695BC23811544C6882883C8422B8373301C248FE12E9F04AC27797093CAE0C4BDCAE05C0F6550513E12D832C99369CAE0142651643C5106A7A795C1992A6510E15C338FC59A79DCD64C76436EEDD49A79EE5B330FD223330F96BA5B3BB3669ECA3513495C3391C035D3506DB1B5D36BA621B732D3FCAE99C8F69A89815F33EDF69AA92953EDE45D330D1370B67666CD647B6DA1CD5B33FDC49AE958EC6CEDCC9AE988B4CCC495AE997E63CD746C6DB67666CD641DCA4CBCB4667AFB9AE973D64C87BBB6B593A942C38C3C151AFD52A1216ED15B3B08F3D60EB2A7DA414FA8D0701327B77630885B3B989BAD1D4CA0C813A542BBC86B6EEDE0CC5B3BD8A2CAC1A9D536F8A876AEF9DBDA19ABAD9D3A2AB49B9801D54EA13E4546016CA175D7161A664B85C6FF002A34DCDC53A1C1E87BB7763A726B275D8586C55C858667A64243479CBBB553F3B676108DFEFBF7FFCC4A6E8B');
INSERT INTO "measurements" VALUES(3,'0003','run-2','2026-01-31T12:00:00+00:00','tinybert-ascend310p-bs8','accuracy','stand-in','stand-in','mini','abababababababababababababababababababababababababababababababab','full','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','documented',NULL,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','onnxruntime',NULL,0,'{}','{}','{}','{}','{"cpu": "x", "host_id": "0123456789ab", "load_average": [0.1, 0.2]}','{"numpy": "2.4.6"}',X'789CABAE0500017500F9');
CREATE TABLE meta (
	"key" VARCHAR(255) NOT NULL, 
	value VARCHAR(255) NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','1');
CREATE TABLE verdicts (
	number INTEGER NOT NULL, 
	id VARCHAR(255) NOT NULL, 
	measurement VARCHAR(255) NOT NULL, 
	judged VARCHAR(255) NOT NULL, 
	kind VARCHAR(255) NOT NULL, 
	basis VARCHAR(255), 
	metric VARCHAR(255), 
	measured DOUBLE, 
	expected DOUBLE, 
	unit VARCHAR(255), 
	tolerance DOUBLE, 
	reference JSON, 
	message TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (id), 
	FOREIGN KEY(measurement) REFERENCES measurements (id)
);
INSERT INTO "verdicts" VALUES(1,'b420c795fe2a49df8d8f259cc40d693c','0001','2026-11-21T16:44:56.422052+00:00','error',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'atc: not found');
INSERT INTO "verdicts" VALUES(2,'5be7f5f63cdf438ca202ae1fb4b5f4a0','0001','2026-11-21T16:44:56.449980+00:00','falls-short','documented','accuracy',80.0458715596,92.32,'percent',0.5,'{"source": {"document": "ascend-tinybert", "table": "\u7cbe\u5ea6", "row": "TinyBERT(bs8)", "column": "310P\u7cbe\u5ea6"}, "printed": "92.32%", "value": 92.32, "digits": 2, "metric": "accuracy", "unit": "percent", "role": "measured", "rounding": "rounded", "model": "tinybert", "chip": "ascend310p", "precision": null, "batch_size": null, "best": false, "ratio": null, "tolerance": 0.5, "baseline": false, "form": "{}"}','below — “80.05”');
INSERT INTO "verdicts" VALUES(3,'b0b424e7b9c94527a1e2791079b6ca6f','0003','2026-11-21T16:44:56.510054+00:00','error',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'atc: not found');
CREATE INDEX ix_measurements_case ON measurements ("case");
CREATE INDEX ix_measurements_run ON measurements (run);
CREATE TRIGGER measurements_no_update BEFORE UPDATE ON measurements BEGIN SELECT RAISE(ABORT, 'the table measurements only grows: nothing in it changes or goes'); END;
CREATE TRIGGER measurements_no_delete BEFORE DELETE ON measurements BEGIN SELECT RAISE(ABORT, 'the table measurements only grows: nothing in it changes or goes'); END;
CREATE TRIGGER measurements_no_replace BEFORE INSERT ON measurements WHEN EXISTS (SELECT 1 FROM measurements WHERE id = NEW.id OR number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the table measurements only grows: nothing in it changes or goes'); END;
CREATE INDEX ix_verdicts_measurement ON verdicts (measurement);
CREATE TRIGGER verdicts_no_update BEFORE UPDATE ON verdicts BEGIN SELECT RAISE(ABORT, 'the table verdicts only grows: nothing in it changes or goes'); END;
CREATE TRIGGER verdicts_no_delete BEFORE DELETE ON verdicts BEGIN SELECT RAISE(ABORT, 'the table verdicts only grows: nothing in it changes or goes'); END;
CREATE TRIGGER verdicts_no_replace BEFORE INSERT ON verdicts WHEN EXISTS (SELECT 1 FROM verdicts WHERE id = NEW.id OR number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the table verdicts only grows: nothing in it changes or goes'); END;
COMMIT;
