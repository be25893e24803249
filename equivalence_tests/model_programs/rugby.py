"""Team effects over named dimensions, with pm.Data as indices."""

import itertools

import numpy as np
import pandas as pd
import pymc3 as pm
import theano.tensor as tt

teams = ["Wales", "France", "Ireland", "Scotland"]
games = pd.DataFrame(list(itertools.permutations(teams, 2)), columns=["home_team", "away_team"])
games["home_score"] = [23, 17, 30, 9, 12, 27, 33, 21, 16, 6, 19, 26]
games["away_score"] = [15, 22, 8, 11, 31, 3, 19, 20, 13, 15, 26, 9]
home_idx, names = pd.factorize(games["home_team"], sort=True)
away_idx, _ = pd.factorize(games["away_team"], sort=True)
with pm.Model(coords={"team": names, "match": np.arange(len(games))}) as rugby:
    home_team = pm.Data("home_team", home_idx, dims="match")
    away_team = pm.Data("away_team", away_idx, dims="match")
    home = pm.Normal("home", mu=0, sigma=1)
    sd_att = pm.HalfNormal("sd_att", sigma=2)
    sd_def = pm.HalfNormal("sd_def", sigma=2)
    intercept = pm.Normal("intercept", mu=3, sigma=1)
    atts_star = pm.Normal("atts_star", mu=0, sigma=sd_att, dims="team")
    defs_star = pm.Normal("defs_star", mu=0, sigma=sd_def, dims="team")
    atts = pm.Deterministic("atts", atts_star - tt.mean(atts_star), dims="team")
    defs = pm.Deterministic("defs", defs_star - tt.mean(defs_star), dims="team")
    home_theta = tt.exp(intercept + home + atts[home_idx] + defs[away_idx])
    away_theta = tt.exp(intercept + atts[away_team] + defs[home_team])
    pm.Poisson("home_points", mu=home_theta, observed=games["home_score"], dims="match")
    pm.Poisson("away_points", mu=away_theta, observed=games["away_score"], dims="match")
